"""The report: a table and figures in, one HTML file out."""
