"""Rows of the comparison of methods, looked up in its tidy table."""

import pandas as pd

GROUP = ["task", "method", "setting", "budget"]  # what runs of several seeds share
PUBLISHED_RUNS = (1, 10)  # whose medians are published: SNL's, and the others', with quartiles
APART = ("joint", "separate")  # settings that are compared with each other alone


def scores(
    table: pd.DataFrame, metric: str, quantity: str = "posterior", draws: str = "max"
) -> pd.DataFrame:
    """One metric given x = (0, 0): of each method's rows those with most draws, or "min"."""
    found = table[(table.metric == metric) & (table.quantity == quantity)]
    found = found[found.observation == 0]
    return found[found.draws == found.groupby(GROUP, dropna=False).draws.transform(draws)]
