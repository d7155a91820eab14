"""NUTS trajectories of many chains, each at its own place in its own tree.

A call of `grown` is one leapfrog step of every chain, whatever each is at: in the middle of a
doubling, or at the start of its next transition. So no chain waits for the longest tree, as it
does where chains go in step from transition to transition.

Targets are taken as scaled: momenta are standard normal. A point is one row of its place, momentum,
gradient and log density, in this order.

Reference: Hoffman & Gelman (2014), JMLR 15; Betancourt (2017), arXiv:1701.02434, for multinomial
draws and the criterion; Phan, Pradhan & Jankowiak (2019), arXiv:1912.11554, for trees without
recursion; Dance et al. (2025), arXiv:2503.17405, for chains out of step.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

DIVERGED = 1000.0  # nats of energy lost: as in Stan

Point = Float[Tensor, "R P"]
Gradient = Callable[[Tensor], tuple[Tensor, Tensor]]


class Branch(NamedTuple):
    """The half that a doubling adds, as far as it has grown.

    Attributes:
        end: Its outermost point.
        chosen: A draw from its points.
        log_weight: Of all its points together, against that of the start.
        momentum: Their sum.
        leaves: How many they are.
        share: A uniform number, of which each choice leaves another one.
        marks: For each level of its subtrees, the first point's momentum and the sum up to there.
    """

    end: Point
    chosen: Point
    log_weight: Float[Tensor, " R"]
    momentum: Float[Tensor, "R D"]
    leaves: Int[Tensor, " R"]
    share: Float[Tensor, " R"]
    marks: Float[Tensor, "R K 2 D"]


class Tree(NamedTuple):
    """A transition on its way.

    Attributes:
        ends: The earliest and the latest point.
        chosen: A draw from its points, the next state if it ends here.
        log_weight: Of all its points together, against that of the start.
        momentum: Their sum.
        depth: Doublings that are done.
        energy: Of the start.
        accepted: Sum over all steps tried of the chance that it alone would be accepted.
        steps: How many those are.
        branch: The doubling at work.
        noise: Random numbers of this transition; see `width`.
    """

    ends: Float[Tensor, "R 2 P"]
    chosen: Point
    log_weight: Float[Tensor, " R"]
    momentum: Float[Tensor, "R D"]
    depth: Int[Tensor, " R"]
    energy: Float[Tensor, " R"]
    accepted: Float[Tensor, " R"]
    steps: Int[Tensor, " R"]
    branch: Branch
    noise: Float[Tensor, "R W"]


class Grown(NamedTuple):
    """What a step came to: trees, which of them are done, and which of these lost their energy."""

    tree: Tree
    done: Bool[Tensor, " R"]
    diverged: Bool[Tensor, " R"]


def width(dim: int, depth: int) -> tuple[int, int]:
    """Of a transition's random numbers: so many normal ones, then so many uniform ones.

    Momenta, the directions of all doublings, a choice within each, a choice between it and before.
    """
    return dim, 1 + 2 * depth


def point(at: Float[Tensor, "R D"], gradient: Gradient) -> Point:
    """At rest; where there is no density, or no gradient, -inf and a gradient of 0."""
    return torch.cat([at, torch.zeros_like(at), *_sloped(at, gradient)], -1)


def _sloped(at: Tensor, gradient: Gradient) -> tuple[Tensor, Tensor]:
    value, slope = gradient(at)
    known = (value.isfinite() & slope.isfinite().all(-1))[:, None]
    return torch.where(known, slope, 0.0), torch.where(known, value[:, None], -torch.inf)


def begun(start: Point, noise: Float[Tensor, "R W"], depth: int) -> Tree:
    """Trees of one point each, about to double for the first time."""
    dim = (start.shape[1] - 1) // 3
    start = torch.cat([start[:, :dim], noise[:, :dim], start[:, 2 * dim :]], -1)
    zero, none = torch.zeros_like(start[:, 0]), torch.zeros(len(start), dtype=torch.long)
    marks = start.new_zeros(len(start), max(depth - 1, 1), 2, dim)
    momentum, share = noise[:, :dim], zero
    branch = Branch(start, start, zero, momentum, none, share, marks)
    ends, energy = torch.stack([start, start], 1), _energy(start)
    tree = Tree(ends, start, zero, momentum, none, energy, zero, none, branch, noise)
    return tree._replace(branch=_sprouted(tree, depth))


def grown(tree: Tree, gradient: Gradient, step: Float[Tensor, " R"], depth: int) -> Grown:
    """One leapfrog step of every chain, and what follows from it.

    Args:
        tree: Of every chain.
        gradient: Log densities and their gradients at places (R, D).
        step: Sizes.
        depth: Doublings at most.
    """
    later = _bit(tree, depth)
    end = _leapt(tree.branch.end, torch.where(later, step, -step)[:, None], gradient)
    change = tree.energy - _energy(end)
    lost = ~(change > -DIVERGED)  # NaN too
    change = change.masked_fill(lost, -torch.inf)
    branch, turned = _lengthened(tree.branch, end, change)
    accepted = tree.accepted + change.clamp(max=0).exp()
    tree = tree._replace(branch=branch, accepted=accepted, steps=tree.steps + 1)
    whole = ~lost & ~turned & (branch.leaves == 1 << tree.depth)
    joined = _joined(tree, later, depth)
    merged = where(whole, joined, tree)
    ended = lost | turned | (whole & (_back(joined) | (joined.depth == depth)))
    sprouting = whole & ~ended
    if sprouting.any():
        merged = merged._replace(branch=where(sprouting, _sprouted(merged, depth), branch))
    return Grown(merged, ended, lost)


def _energy(at: Point) -> Float[Tensor, " R"]:
    return 0.5 * _momentum(at).square().sum(-1) - at[:, -1]


def _momentum(at: Tensor) -> Tensor:
    dim = (at.shape[-1] - 1) // 3
    return at[..., dim : 2 * dim]


def _leapt(start: Point, step: Float[Tensor, "R 1"], gradient: Gradient) -> Point:
    at, momentum, slope = start[:, :-1].chunk(3, -1)
    momentum = momentum + 0.5 * step * slope
    at = at + step * momentum
    slope, value = _sloped(at, gradient)
    return torch.cat([at, momentum + 0.5 * step * slope, slope, value], -1)


def _bit(tree: Tree, depth: int) -> Bool[Tensor, " R"]:
    """Whether the doubling at work goes on in time."""
    dim = tree.momentum.shape[1]
    return ((tree.noise[:, dim] * 2**depth).long() >> tree.depth) & 1 == 1


def _sprouted(tree: Tree, depth: int) -> Branch:
    """A doubling without a point yet, at one end of the tree."""
    dim, rows = tree.momentum.shape[1], torch.arange(len(tree.depth))
    end = tree.ends[rows, _bit(tree, depth).long()]
    share = tree.noise[rows, dim + 1 + tree.depth.clamp(max=depth - 1)]
    none = torch.full_like(tree.log_weight, -torch.inf)
    start = torch.zeros_like(tree.momentum), torch.zeros_like(tree.depth)
    return Branch(end, end, none, *start, share, tree.branch.marks)


def _lengthened(
    branch: Branch, end: Point, change: Float[Tensor, " R"]
) -> tuple[Branch, Bool[Tensor, " R"]]:
    """The branch with one more point; and whether one of its subtrees turns back."""
    log_weight = torch.logaddexp(branch.log_weight, change)
    chance = (change - log_weight).exp().nan_to_num(0.0)
    taken = branch.share < chance
    share = torch.where(taken, branch.share / chance, (branch.share - chance) / (1 - chance))
    momentum = branch.momentum + _momentum(end)
    marks, turned = _marked(branch, _momentum(end), momentum)
    chosen = torch.where(taken[:, None], end, branch.chosen)
    leaves, share = branch.leaves + 1, share.clamp(0, 1)
    return Branch(end, chosen, log_weight, momentum, leaves, share, marks), turned


def _marked(
    branch: Branch, last: Float[Tensor, "R D"], total: Float[Tensor, "R D"]
) -> tuple[Float[Tensor, "R K 2 D"], Bool[Tensor, " R"]]:
    """A point that starts subtrees is remembered; one that ends some is held against their start.

    The subtrees that point n ends are as many as n has last bits in a row.
    """
    levels = torch.arange(branch.marks.shape[1])
    place, ended = (table[branch.leaves][:, None] for table in _levels(len(levels)))
    first, before = branch.marks.unbind(2)
    turned = _turning(first, last[:, None], total[:, None] - before + first)
    due = (levels <= place) & (levels > place - ended)
    new = (ended == 0) & (levels == place)
    mark = torch.stack([last, total], 1)[:, None]
    return torch.where(new[..., None, None], mark, branch.marks), (turned & due).any(-1)


@cache
def _levels(levels: int) -> tuple[Int[Tensor, " N"], Int[Tensor, " N"]]:
    """Of each point of a branch: at which level the subtrees start that hold it; how many end."""
    numbers = range(2 ** (levels + 1))
    place = [(n >> 1).bit_count() for n in numbers]
    ended = [(~n & (n + 1)).bit_length() - 1 for n in numbers]
    return torch.tensor(place), torch.tensor(ended)


def _turning(first: Tensor, last: Tensor, total: Tensor) -> Tensor:
    """Whether a piece of trajectory would come nearer to one of its ends if it went on there.

    Half of each end's momentum left out of the sum makes it the distance between both.
    """
    way = total - 0.5 * (first + last)
    return ((first * way).sum(-1) <= 0) | ((last * way).sum(-1) <= 0)


def _back(tree: Tree) -> Bool[Tensor, " R"]:
    return _turning(*_momentum(tree.ends).unbind(1), tree.momentum)


def _joined(tree: Tree, later: Bool[Tensor, " R"], depth: int) -> Tree:
    """The tree with its doubling; its draw moves there by how much more the new half weighs."""
    branch, dim, rows = tree.branch, tree.momentum.shape[1], torch.arange(len(tree.depth))
    share = tree.noise[rows, dim + 1 + depth + tree.depth.clamp(max=depth - 1)]
    taken = share.log() < branch.log_weight - tree.log_weight
    sides = torch.stack([~later, later], 1)[..., None]
    return tree._replace(
        ends=torch.where(sides, branch.end[:, None], tree.ends),
        chosen=torch.where(taken[:, None], branch.chosen, tree.chosen),
        log_weight=torch.logaddexp(tree.log_weight, branch.log_weight),
        momentum=tree.momentum + branch.momentum,
        depth=tree.depth + 1,
    )


def where(which: Bool[Tensor, " R"], one: tuple, other: tuple) -> tuple:
    """Row by row of all their parts, one or the other."""
    return type(one)(
        *(
            where(which, a, b)
            if isinstance(a, tuple)
            else (a if a is b else torch.where(which.view(-1, *[1] * (a.ndim - 1)), a, b))
            for a, b in zip(one, other, strict=True)
        )
    )


def kept(which: Bool[Tensor, " R"], parts: tuple) -> tuple:
    """Some rows of all parts."""
    return type(parts)(
        *(kept(which, part) if isinstance(part, tuple) else part[which] for part in parts)
    )
