"""Which kind of a pair's posterior draws is its answer: fixed before a reference is read."""

import pandas as pd


def answer(table: pd.DataFrame) -> str:
    """The method of one task and design: "jana" (direct draws) or "jana_refined".

    Refined draws are the answer where training chose a power above 0 for their weights, in the
    median over seeds: by the density of validation pairs, which are of the budget. On an
    observation whose own k-hat is too large, refined draws are the direct ones.

    Args:
        table: Tidy rows, with those of the metric `pooling`; none where nothing was held out.
    """
    powers = table[table.metric == "pooling"].value.astype(float)
    return "jana_refined" if len(powers) and powers.median() > 0 else "jana"
