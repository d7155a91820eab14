"""Judging: each job's arrays in, rows of the tidy table out. Every statistic is a diagnostic's."""
