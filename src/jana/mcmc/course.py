"""Some transitions of all chains, each as fast as its own trees allow."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from . import points, trees
from .adaptation import Metric, Step, learned

# log p(u) up to a constant of places u (R, D), row by row; the second says each row's target.
Density = Callable[[Tensor, Tensor], Tensor]


class Plan(NamedTuple):
    """What is done of each chain.

    Attributes:
        number: Transitions.
        depth: Doublings at most.
        accept: Mean acceptance that steps are adapted to; None: they stay.
    """

    number: int
    depth: int
    accept: float | None


class Run(NamedTuple):
    """What chains have gone through.

    Attributes:
        draws: Their places.
        accept: Mean acceptance of each transition.
        diverged: Which transitions lost their energy.
        steps: Leapfrog steps of each transition.
        step: The size of each chain's steps, in the end.
    """

    draws: Float[Tensor, "B C N D"]
    accept: Float[Tensor, "B C N"]
    diverged: Bool[Tensor, "B C N"]
    steps: Int[Tensor, "B C N"]
    step: Float[Tensor, "B C"]


class Front(NamedTuple):
    """Where the chains are that are not done.

    Attributes:
        chain: Which chains.
        count: Transitions that each has made.
        tree: The transition that each is in.
        step: The size of its steps.
    """

    chain: Int[Tensor, " R"]
    count: Int[Tensor, " R"]
    tree: trees.Tree
    step: Step


def course(
    rngs: Sequence[Generator],
    density: Density,
    starts: Float[Tensor, "B C D"],
    metric: Metric,
    step: Step,
    plan: Plan,
) -> Run:
    """All chains from their starts to the end of the plan.

    Args:
        rngs: One generator per target.
        density: Of all targets.
        starts: Where chains begin.
        metric: In whose scales they move.
        step: With a row for each chain (B C).
        plan: What is done.

    Raises:
        ValueError: If a chain would start where there is no density, or no gradient.
    """
    sets, chains, dim = starts.shape
    target = torch.arange(sets).repeat_interleave(chains)
    noise = _noise(rngs, chains, plan, dim)
    found = _empty(sets * chains, plan.number, dim)
    scaled = torch.linalg.solve_triangular(
        metric.root, (starts - metric.centre[:, None]).mT, upper=False
    ).mT.flatten(0, 1)
    first = points.point(scaled, _gradient(density, metric, target))
    _refuse_nowhere(first, starts)
    chain, none = torch.arange(len(target)), torch.zeros_like(target)
    front = Front(chain, none, trees.begun(first, noise[:, 0], plan.depth), step)
    while len(front.chain):
        gradient = _gradient(density, metric, target[front.chain])
        tree, done, lost = trees.grown(front.tree, gradient, front.step.log.exp(), plan.depth)
        front = front._replace(tree=tree)
        if done.any():
            front = _recorded(front, done, lost, found, plan)
            front = _restarted(front, done, noise, plan)
    u = metric.centre[target, None] + (metric.root[target] @ found.draws.mT).mT
    found = found._replace(draws=u)
    return Run(*(part.unflatten(0, (sets, chains)) for part in found))


def _noise(rngs: Sequence[Generator], chains: int, plan: Plan, dim: int) -> Tensor:
    """The random numbers of all transitions, each target's from its own generator."""
    normal, uniform = trees.width(dim, plan.depth)
    return torch.cat(
        [
            torch.cat(
                [
                    draw(chains, plan.number, size, generator=rng, dtype=torch.float64)
                    for draw, size in ((torch.randn, normal), (torch.rand, uniform))
                ],
                -1,
            )
            for rng in rngs
        ]
    )


def _empty(rows: int, number: int, dim: int) -> Run:
    """Flat over targets and chains, to be filled."""
    whole = {"dtype": torch.long}
    numbers = torch.zeros(rows, number, dtype=torch.float64)
    draws = torch.zeros(rows, number, dim, dtype=torch.float64)
    flags, steps = torch.zeros(rows, number, dtype=torch.bool), torch.zeros(rows, number, **whole)
    return Run(draws, numbers, flags, steps, numbers[:, 0].clone())


def _gradient(density: Density, metric: Metric, target: Tensor) -> points.Gradient:
    """Log densities and gradients in the scales of the metric."""
    centre, root = metric.centre[target], metric.root[target]

    def found(at: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            at = at.detach().requires_grad_()
            value = density(centre + (root * at[:, None]).sum(-1), target)
            (slope,) = torch.autograd.grad(value.sum(), at)
        return value.detach(), slope

    return found


def _refuse_nowhere(first: Tensor, starts: Tensor) -> None:
    bad = first[:, -1].isneginf()
    if bad.any():
        target, chain = divmod(int(bad.nonzero()[0]), starts.shape[1])
        raise ValueError(
            f"chains must start where density and gradient are finite, but {int(bad.sum())} of "
            f"{len(bad)} do not, first chain {chain} of data set {target}, at "
            f"{starts[target, chain].tolist()}: do data and model fit?"
        )


def _recorded(front: Front, done: Tensor, lost: Tensor, found: Run, plan: Plan) -> Front:
    """Transitions that are done, written down in place; and what their steps learn of them."""
    tree, at = front.tree, (front.chain[done], front.count[done])
    dim = found.draws.shape[2]
    accept = tree.accepted / tree.steps
    found.draws[at] = tree.chosen[done, :dim]
    found.accept[at], found.steps[at] = accept[done], tree.steps[done]
    found.diverged[at] = lost[done]
    step = front.step
    if plan.accept is not None:
        step = learned(step, accept, plan.accept, done)
    found.step[front.chain] = step.average.exp()
    return front._replace(step=step, count=front.count + done)


def _restarted(front: Front, done: Tensor, noise: Tensor, plan: Plan) -> Front:
    """Chains that are done with a transition begin the next; those that have made all leave."""
    new = trees.begun(
        front.tree.chosen, noise[front.chain, front.count.clamp(max=plan.number - 1)], plan.depth
    )
    front = front._replace(tree=points.where(done, new, front.tree))
    on = front.count < plan.number
    return front if on.all() else points.kept(on, front)
