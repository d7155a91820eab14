"""Our networks behind other packages' own ways of asking. Each is imported only in its own file."""
