"""Files: the only part that opens any."""
