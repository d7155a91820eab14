"""The classifier two-sample test, the classifiers of all folds and observations trained at once.

The settings are sbibm 1.1's, which are those of scikit-learn's MLPClassifier: two hidden layers
of 10 D ReLU units, Adam at 0.001 on batches of 200, weight decay 1e-4, until the training loss
has not fallen by 1e-4 for more than ten epochs. One matrix product for all of them takes half
the time of as many small ones.

Reference: Lopez-Paz & Oquab (2017), arXiv:1610.06545; Lueckmann et al. (2021), arXiv:2101.04653.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from sklearn.model_selection import KFold
from torch import Generator, Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, relu

SEED, FOLDS = 1, 5
UNITS, BATCH, RATE, DECAY, TOLERANCE, PATIENCE = 10, 200, 1e-3, 1e-4, 1e-4, 10
MOST_EPOCHS = 10_000
BETAS, EPSILON = (0.9, 0.999), 1e-8

Weights = list[Tensor]  # of all classifiers: the first axis R is one of each


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
    learn, hold = (rows.repeat(len(reference), 1) for rows in _folds(len(labels)))
    observation = torch.arange(len(reference)).repeat_interleave(FOLDS)[:, None]
    weights = _trained(samples[observation, learn], labels[learn])
    right = (_logits(weights, samples[observation, hold]) > 0) == (labels[hold] == 1)
    return right.double().mean(1).unflatten(0, (-1, FOLDS)).mean(1)


def _folds(n: int) -> tuple[Int[Tensor, "F N"], Int[Tensor, "F H"]]:
    """Rows to learn from and to hold out, by fold; up to four rows are in none."""
    splits = KFold(FOLDS, shuffle=True, random_state=SEED).split(np.empty(n // FOLDS * FOLDS))
    learn, hold = zip(*splits, strict=True)
    return torch.from_numpy(np.stack(learn)), torch.from_numpy(np.stack(hold))


def _trained(x: Float[Tensor, "R N D"], y: Float[Tensor, "R N"]) -> Weights:
    """The weights of each classifier when its own training loss has stopped falling."""
    rng = torch.Generator().manual_seed(SEED)
    # Each observation's classifiers start alike, so that none depends on how many there are.
    weights = [w.repeat(len(x) // FOLDS, 1, 1) for w in _start(rng, FOLDS, x.shape[2])]
    moments = [[torch.zeros_like(w) for w in weights] for _ in BETAS]
    final = [torch.empty_like(w) for w in weights]
    running = torch.arange(len(x))
    best, waited = torch.full((len(x),), torch.inf), torch.zeros(len(x))
    step = 0
    for _ in range(MOST_EPOCHS):
        total = torch.zeros(len(running))
        for rows in torch.randperm(x.shape[1], generator=rng).split(BATCH):
            step += 1
            total += len(rows) * _step(weights, moments, step, x[:, rows], y[:, rows])
        loss = total / x.shape[1]
        waited = torch.where(loss > best - TOLERANCE, waited + 1, 0.0)
        best = torch.minimum(best, loss)
        going_on = waited <= PATIENCE
        for whole, part in zip(final, weights, strict=True):
            whole[running] = part
        if not going_on.all():
            weights, *moments = (_only(part, going_on) for part in (weights, *moments))
            x, y, best, waited, running = (p[going_on] for p in (x, y, best, waited, running))
        if not len(running):
            break
    return final


def _start(rng: Generator, n: int, dim: int) -> Weights:
    """Glorot's uniform weights and biases, as scikit-learn draws them."""
    width = UNITS * dim
    return [
        (6 / (inputs + outputs)) ** 0.5 * (2 * torch.rand(n, rows, outputs, generator=rng) - 1)
        for inputs, outputs in ((dim, width), (width, width), (width, 1))
        for rows in (inputs, 1)
    ]


def _logits(weights: Weights, x: Float[Tensor, "R N D"]) -> Float[Tensor, "R N"]:
    first, first_bias, second, second_bias, last, last_bias = weights
    h = relu(torch.baddbmm(first_bias, x, first))
    h = relu(torch.baddbmm(second_bias, h, second))
    return torch.baddbmm(last_bias, h, last).squeeze(-1)


def _step(
    weights: Weights, moments: list[Weights], step: int, x: Tensor, y: Tensor
) -> Float[Tensor, " R"]:
    """One Adam step of every classifier; their losses before it."""
    leaves = [w.requires_grad_() for w in weights]
    loss = binary_cross_entropy_with_logits(_logits(leaves, x), y, reduction="none").mean(1)
    squares = sum(w.square().sum((1, 2)) for w in leaves[::2])  # biases do not decay
    loss = loss + 0.5 * DECAY * squares / y.shape[1]
    gradients = torch.autograd.grad(loss.sum(), leaves)
    rate = RATE * (1 - BETAS[1] ** step) ** 0.5 / (1 - BETAS[0] ** step)
    with torch.no_grad():
        for w, g, mean, square in zip(leaves, gradients, *moments, strict=True):
            mean.lerp_(g, 1 - BETAS[0])
            square.mul_(BETAS[1]).addcmul_(g, g, value=1 - BETAS[1])
            w.detach_().addcdiv_(mean, square.sqrt().add_(EPSILON), value=-rate)
    return loss.detach()


def _only(weights: Weights, kept: Bool[Tensor, " R"]) -> Weights:
    return [w[kept] for w in weights]
