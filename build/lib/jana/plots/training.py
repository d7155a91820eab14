"""Pictures of how training went."""

from matplotlib.axes import Axes
from numpy import ndarray

from .style import PARTS


def losses(
    ax: Axes, part: str, train: ndarray, validation: ndarray, best: ndarray, optimum: float | None
) -> None:
    """Losses of one part by epoch, every member a line, and the exact conditional's loss.

    Args:
        ax: Where to draw.
        part: "posterior" or "likelihood".
        train: (E, M), NaN before the first epoch.
        validation: (E, M), of the averaged weights.
        best: Epoch (M,) whose weights were kept.
        optimum: Held-out loss of the exact conditional density, where it is known.
    """
    ax.plot(train, color="0.65", linewidth=0.7)
    ax.plot(validation, color=PARTS[part], linewidth=0.9)
    members = range(validation.shape[1])
    kept = [validation[best[m], m] for m in members]
    ax.plot(best, kept, "o", color=PARTS[part], markersize=3)
    ax.plot([], [], color="0.65", label="training")
    ax.plot([], [], color=PARTS[part], marker="o", markersize=3, label="validation, kept epoch")
    if optimum is not None:
        ax.axhline(
            optimum, color="0.2", linestyle=":", linewidth=0.9, label="exact density, test set"
        )
    ax.set(xlabel="epoch", ylabel=f"{part} loss (nats per data set)")
    ax.legend(loc="upper right")
