"""NUTS trajectories of many chains, each at its own place in its own tree.

A call of `grown` is one leapfrog step of every chain, whatever each is at: in the middle of a
doubling, or at the start of its next transition. So no chain waits for the longest tree, as it
does where chains go in step from transition to transition.

The shapes of what is private are not checked in tests: it runs so often that this would take most
of the time.

Targets are taken as scaled: momenta are standard normal.

Reference: Hoffman & Gelman (2014), JMLR 15; Betancourt (2017), arXiv:1701.02434, for multinomial
draws and the criterion; Phan, Pradhan & Jankowiak (2019), arXiv:1912.11554, for trees without
recursion; Dance et al. (2025), arXiv:2503.17405, for chains out of step.
"""

from functools import cache
from typing import NamedTuple, no_type_check

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .points import Gradient, Point, energy_of, leapt, momentum_of, where

DIVERGED = 1000.0  # nats of energy lost: as in Stan


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


def begun(start: Point, noise: Float[Tensor, "R W"], depth: int) -> Tree:
    """Trees of one point each, about to double for the first time."""
    dim = (start.shape[1] - 1) // 3
    start = torch.cat([start[:, :dim], noise[:, :dim], start[:, 2 * dim :]], -1)
    zero, none = torch.zeros_like(start[:, 0]), torch.zeros(len(start), dtype=torch.long)
    marks = start.new_zeros(len(start), max(depth - 1, 1), 2, dim)
    momentum, share = noise[:, :dim], zero
    branch = Branch(start, start, zero, momentum, none, share, marks)
    ends, energy = torch.stack([start, start], 1), energy_of(start)
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
    end = leapt(tree.branch.end, torch.where(later, step, -step)[:, None], gradient)
    change = tree.energy - energy_of(end)
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


@no_type_check
def _bit(tree: Tree, depth: int) -> Tensor:
    """Whether the doubling at work goes on in time."""
    dim = tree.momentum.shape[1]
    return ((tree.noise[:, dim] * 2**depth).long() >> tree.depth) & 1 == 1


@no_type_check
def _sprouted(tree: Tree, depth: int) -> Branch:
    """A doubling without a point yet, at one end of the tree."""
    dim, rows = tree.momentum.shape[1], torch.arange(len(tree.depth))
    end = tree.ends[rows, _bit(tree, depth).long()]
    share = tree.noise[rows, dim + 1 + tree.depth.clamp(max=depth - 1)]
    none = torch.full_like(tree.log_weight, -torch.inf)
    start = torch.zeros_like(tree.momentum), torch.zeros_like(tree.depth)
    return Branch(end, end, none, *start, share, tree.branch.marks)


@no_type_check
def _lengthened(branch: Branch, end: Tensor, change: Tensor) -> tuple[Branch, Tensor]:
    """The branch with one more point; and whether one of its subtrees turns back."""
    log_weight = torch.logaddexp(branch.log_weight, change)
    chance = (change - log_weight).exp().nan_to_num(0.0)
    taken = branch.share < chance
    share = torch.where(taken, branch.share / chance, (branch.share - chance) / (1 - chance))
    momentum = branch.momentum + momentum_of(end)
    marks, turned = _marked(branch, momentum_of(end), momentum)
    chosen = torch.where(taken[:, None], end, branch.chosen)
    leaves, share = branch.leaves + 1, share.clamp(0, 1)
    return Branch(end, chosen, log_weight, momentum, leaves, share, marks), turned


@no_type_check
def _marked(branch: Branch, last: Tensor, total: Tensor) -> tuple[Tensor, Tensor]:
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
def _levels(levels: int) -> tuple[Tensor, Tensor]:
    """Of each point of a branch: at which level the subtrees start that hold it; how many end."""
    numbers = range(2 ** (levels + 1))
    place = [(n >> 1).bit_count() for n in numbers]
    ended = [(~n & (n + 1)).bit_length() - 1 for n in numbers]
    return torch.tensor(place), torch.tensor(ended)


@no_type_check
def _turning(first: Tensor, last: Tensor, total: Tensor) -> Tensor:
    """Whether a piece of trajectory would come nearer to one of its ends if it went on there.

    Half of each end's momentum left out of the sum makes it the distance between both.
    """
    way = total - 0.5 * (first + last)
    return ((first * way).sum(-1) <= 0) | ((last * way).sum(-1) <= 0)


@no_type_check
def _back(tree: Tree) -> Tensor:
    return _turning(*momentum_of(tree.ends).unbind(1), tree.momentum)


@no_type_check
def _joined(tree: Tree, later: Tensor, depth: int) -> Tree:
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
