"""The classifier two-sample test."""

import numpy as np
from jaxtyping import Float
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import MLPClassifier

SEED, FOLDS = 1, 5


def c2st(reference: Float[np.ndarray, "L D"], draws: Float[np.ndarray, "L D"]) -> float:
    """How well a classifier tells two samples apart: 0.5 not at all, 1.0 always.

    The settings are those of sbibm 1.1: two hidden layers of 10 D units, ReLU, Adam, five
    shuffled folds, seed 1, both samples z-scored by the reference. The number of draws is part
    of the result: its floor for equal distributions has a standard error of 0.5 / sqrt(2 L).

    Reference: Lopez-Paz & Oquab (2017), arXiv:1610.06545; Lueckmann et al. (2021),
    arXiv:2101.04653.
    """
    mean, sd = reference.mean(0), reference.std(0, ddof=1)
    samples = np.concatenate([(reference - mean) / sd, (draws - mean) / sd])
    labels = np.repeat([0, 1], [len(reference), len(draws)])
    width = 10 * reference.shape[1]
    classifier = MLPClassifier(
        activation="relu",
        hidden_layer_sizes=(width, width),
        max_iter=10_000,
        solver="adam",
        random_state=SEED,
    )
    folds = KFold(n_splits=FOLDS, shuffle=True, random_state=SEED)
    return float(cross_val_score(classifier, samples, labels, cv=folds).mean())
