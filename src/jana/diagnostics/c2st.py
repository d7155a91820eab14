"""The classifier two-sample test, many classifiers trained at once.

The settings are sbibm 1.1's, which are those of scikit-learn's MLPClassifier: two hidden layers
of 10 D ReLU units, Adam at 0.001 on batches of 200, weight decay 1e-4, until the training loss
has not fallen by 1e-4 for more than ten epochs.

At D = 10 two thirds of the time are matrix products: the five classifiers of one observation stay
close to the cache, those of ten do not; where they are smaller, those of several observations are
trained side by side, to the same weights but for rounding. Each has its weights in one row, so
that Adam is a few operations; and the gradient is in closed form, for autograd costs more than
small products. Adam's means of dead units shrink without end, and are set to 0 when they have
become denormal numbers, which saves a tenth of the time, in four dimensions a fifth.

Reference: Lopez-Paz & Oquab (2017), arXiv:1610.06545; Lueckmann et al. (2021), arXiv:2101.04653.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ..denormals import flushing
from ..rng import generator

SEED, FOLDS = 1, 5
UNITS, BATCH, RATE, DECAY, TOLERANCE, PATIENCE = 10, 200, 1e-3, 1e-4, 1e-4, 10
MOST_EPOCHS = 10_000
AT_ONCE = 160  # hidden units of the observations trained side by side, each of FOLDS classifiers
BETAS, EPSILON = (0.9, 0.999), 1e-8


def c2st(reference: Float[Tensor, "B L D"], draws: Float[Tensor, "B L D"]) -> Float[Tensor, " B"]:
    """How well classifiers tell two samples apart: 0.5 not at all, 1.0 always.

    Both samples are z-scored by the reference; the value is the mean held-out accuracy of five
    shuffled folds. The number of draws is part of the result: its floor for equal distributions
    has a standard error of 0.5 / sqrt(2 L).

    Args:
        reference: Draws of the reference posterior of each observation.
        draws: As many draws, which are judged.

    Raises:
        ValueError: If a draw is not finite, which a classifier would not notice.
    """
    if not (reference.isfinite().all() and draws.isfinite().all()):
        raise ValueError("C2ST needs finite draws, but some are not: look at where they came from")
    mean, sd = reference.mean(1, keepdim=True), reference.std(1, keepdim=True)
    samples = torch.cat([reference - mean, draws - mean], 1) / sd
    labels = torch.arange(2).repeat_interleave(reference.shape[1]).float()
    learn, hold = _folds(len(labels))
    size = max(1, AT_ONCE // (UNITS * samples.shape[2]))
    found = []
    for group in samples.split(size):
        rows, truth = group[:, learn].flatten(0, 1), labels[learn].repeat(len(group), 1)
        with flushing():
            weights = _trained(rows, truth)
        logits = _logits(weights, group[:, hold].flatten(0, 1)).unflatten(0, (-1, FOLDS))
        found.append(((logits > 0) == (labels[hold] == 1)).double().mean((1, 2)))
    return torch.cat(found)


def _folds(n: int) -> tuple[Int[Tensor, "F N"], Int[Tensor, "F H"]]:
    """Rows to learn from and to hold out, by fold, as scikit-learn's shuffled KFold has them.

    Up to four rows are in none.
    """
    order = np.random.RandomState(SEED).permutation(n // FOLDS * FOLDS)  # as KFold does
    hold = torch.from_numpy(order).view(FOLDS, -1).sort(1).values
    held = torch.zeros(FOLDS, len(order), dtype=torch.bool).scatter_(1, hold, True)
    return (~held).nonzero()[:, 1].view(FOLDS, -1), hold


def _trained(x: Float[Tensor, "R N D"], y: Float[Tensor, "R N"]) -> Float[Tensor, "R P"]:
    """The weights of each classifier when its own training loss has stopped falling.

    Observation by observation, `FOLDS` of each: every observation's start the same and see their
    rows in the same orders.
    """
    rng = generator(SEED)
    start = _start(rng, FOLDS, x.shape[2]).repeat(len(x) // FOLDS, 1)
    state = torch.stack([start, torch.zeros_like(start), torch.zeros_like(start)])
    final, running = torch.empty_like(start), torch.arange(len(x))
    best, waited = torch.full((len(x),), torch.inf), torch.zeros(len(x))
    for epoch in range(MOST_EPOCHS):
        order = torch.randperm(x.shape[1], generator=rng)
        loss = _epoch(state, x.index_select(1, order), y.index_select(1, order), epoch)
        waited = torch.where(loss > best - TOLERANCE, waited + 1, 0.0)
        best = torch.minimum(best, loss)
        final[running] = state[0]
        on = waited <= PATIENCE
        if not on.any():
            break
        if not on.all():
            state, x, y = state[:, on], x[on], y[on]
            best, waited, running = best[on], waited[on], running[on]
    return final


def _start(rng: Generator, n: int, dim: int) -> Float[Tensor, "R P"]:
    """Glorot's uniform weights and biases, as scikit-learn draws them."""
    width = UNITS * dim
    start = torch.rand(n, (dim + width + 1) * width + 2 * width + 1, generator=rng).mul_(2).sub_(1)
    ends = 2 * ((dim, width), (width, width), (width, 1))  # as in _parts
    for part, (inputs, outputs) in zip(_parts(start, dim), ends, strict=True):
        part.mul_((6 / (inputs + outputs)) ** 0.5)
    return start


def _parts(flat: Tensor, dim: int) -> list[Tensor]:
    """Views of each classifier's row: the weights of three layers, then their biases."""
    width = UNITS * dim
    shapes = ((dim, width), (width, width), (1, width), (1, width), (1, width), (1, 1))
    pieces = flat.split([rows * columns for rows, columns in shapes], 1)
    return [piece.unflatten(1, shape) for piece, shape in zip(pieces, shapes, strict=True)]


def _logits(weights: Float[Tensor, "R P"], x: Float[Tensor, "R N D"]) -> Float[Tensor, "R N"]:
    return _layers(_parts(weights, x.shape[2]), x)[-1].squeeze(1)


def _layers(parts: list[Tensor], x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The hidden layers, R N W, and the logits, R 1 N: a row is a faster product than a column."""
    first, second, last, *biases = parts
    h1 = torch.baddbmm(biases[0], x, first).relu_()
    h2 = torch.baddbmm(biases[1], h1, second).relu_()
    return h1, h2, torch.baddbmm(biases[2], last, h2.mT)


def _gradient(parts: list[Tensor], out: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
    """Logits; the gradient of the mean cross-entropy, without weight decay, goes to `out`."""
    h1, h2, logits = _layers(parts, x)
    error = (logits.sigmoid() - y[:, None]) / y.shape[1]
    torch.bmm(error, h2, out=out[2])
    torch.sum(error, 2, keepdim=True, out=out[5])
    error = (error.mT * parts[2]).mul_(h2.sign_())  # of a ReLU the sign is the derivative
    torch.bmm(h1.mT, error, out=out[1])
    torch.sum(error, 1, keepdim=True, out=out[4])
    error = torch.bmm(error, parts[1].mT).mul_(h1.sign_())
    torch.bmm(x.mT, error, out=out[0])
    torch.sum(error, 1, keepdim=True, out=out[3])
    return logits.squeeze(1)


def _epoch(
    state: Float[Tensor, "3 R P"], x: Float[Tensor, "R N D"], y: Float[Tensor, "R N"], epoch: int
) -> Float[Tensor, " R"]:
    """Adam's steps through all rows, on the state in place; the mean loss on the way."""
    weights, mean, square = state
    gradient = torch.empty_like(weights)
    parts, out = _parts(weights, x.shape[2]), _parts(gradient, x.shape[2])
    decayed = sum(part[0].numel() for part in parts[:3])  # biases do not decay
    kernel, kernel_gradient = weights[:, :decayed], gradient[:, :decayed]
    logits, squares = [], x.new_zeros(len(x))
    batches = list(zip(x.split(BATCH, 1), y.split(BATCH, 1), strict=True))
    for step, (rows, labels) in enumerate(batches, start=1 + epoch * len(batches)):
        logits.append(_gradient(parts, out, rows, labels))
        squares += kernel.square().sum(1)
        kernel_gradient.add_(kernel, alpha=DECAY / labels.shape[1])
        rate = RATE * (1 - BETAS[1] ** step) ** 0.5 / (1 - BETAS[0] ** step)
        mean.lerp_(gradient, 1 - BETAS[0])
        square.lerp_(gradient.square_(), 1 - BETAS[1])  # from here on the gradient is scratch
        weights.addcdiv_(mean, torch.sqrt(square, out=gradient).add_(EPSILON), value=-rate)
    loss = binary_cross_entropy_with_logits(torch.cat(logits, 1), y, reduction="none").mean(1)
    return loss + 0.5 * DECAY * squares / y.shape[1]
