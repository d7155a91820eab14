"""Methods behind one protocol: those of others, and ours. No type of another library leaves."""
