"""Which kind of a pair's posterior draws is its answer: fixed before a reference is read."""

import pandas as pd


def answer(table: pd.DataFrame) -> str:
    """The method of one task and design: "jana" (direct draws) or "jana_refined".

    Refined draws are the answer where the posterior that they follow has the higher density at
    held-out parameters, in the median over seeds. That is asked of held-out data sets whose
    evidence k-hat trusts; on an observation whose own k-hat does not, refined draws are the
    direct ones.

    Args:
        table: Tidy rows, with those of the metric `refined_gain`.
    """
    gains = table[table.metric == "refined_gain"].value.astype(float)
    return "jana_refined" if len(gains) and gains.median() > 0 else "jana"
