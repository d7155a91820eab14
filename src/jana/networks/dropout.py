"""Dropout whose masks come from generators that are passed in, one per member.

All masks of a step are drawn at once and before it: so that nothing random is left within, and
what is between can be recorded, or done by kernels.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from .places import there


class Dropout(nn.Module):
    """Leaves out a share of the features in training, and scales the others up to make up for it.

    Reference: Srivastava et al. (2014), JMLR 15.

    Args:
        share: Of the features that are left out, from 0 to below 1; kept to within 2^-16.
        width: Number of features H.
        copies: How many networks of a kind each member has.
    """

    def __init__(self, share: float, width: int, copies: int = 1):
        super().__init__()
        if not 0 <= share < 1:
            raise ValueError(f"dropout needs a share from 0 to below 1, not {share}")
        self.keep, self.width, self.copies = 1 - share, width, copies
        self.mask = torch.ones(())

    def forward(self, h: Float[Tensor, "R B H"]) -> Float[Tensor, "R B H"]:
        """The features, some of them 0; all of them as they are when not in training.

        As many leading rows for one member as for another, member by member.
        """
        return h * self.mask if self.training and self.keep < 1 else h


class Masks:
    """All dropout layers of a module, whose masks are drawn together.

    Attributes:
        rngs: One generator per member.
        held: Whether the masks stay as they are when others are to be drawn: a recorded step
            reads them from where they lie, and they are drawn anew before it is repeated.
        rows: For how many they were drawn last.
    """

    def __init__(self, module: nn.Module):
        layers = [m for m in module.modules() if isinstance(m, Dropout) and m.keep < 1]
        layers.sort(key=lambda layer: layer.keep)
        self.groups = [list(group) for _, group in groupby(layers, key=lambda layer: layer.keep)]
        self.rngs: Sequence[Generator] = ()
        self.held, self.rows = False, 0
        self.others: dict[str, tuple[Callable[..., Tensor], Tensor]] = {}

    def each(self) -> "list[Masks]":
        """This, alone."""
        return [self]

    def draw(self, rows: int, device: torch.device) -> None:
        """Draws the masks of the next step, for `rows` rows of each member's networks."""
        if self.held:
            return
        self.rows = rows
        for layer, mask in self._drawn(rows, device):
            vars(layer)["mask"] = mask  # a module's own way takes ten times as long

    def numbers(
        self, name: str, draw: Callable[..., Tensor], rows: int, size: int, device: torch.device
    ) -> Float[Tensor, "M R S"]:
        """Random numbers that a network takes before its masks: by `draw`, such as torch.rand."""
        if not self.held:
            self.others[name] = draw, _each(draw, self.rngs, rows, size).to(device)
        return self.others[name][1]

    def redraw(self, places: Sequence[Tensor], rows: int) -> None:
        """Draws others into such as `lying` found, for `rows` rows."""
        n = len(self.others)
        for place, (draw, _) in zip(places[:n], self.others.values(), strict=True):
            place.copy_(there(_each(draw, self.rngs, *place.shape[1:]), place.device))
        if self.groups:
            drawn = self._drawn(rows, places[n].device)
            for place, (_, mask) in zip(places[n:], drawn, strict=True):
                place.copy_(mask)

    def lying(self) -> list[Tensor]:
        """What was drawn last, in the order that it is drawn in."""
        masks = [layer.mask for layers in self.groups for layer in layers]
        return [values for _, values in self.others.values()] + masks

    def _drawn(self, rows: int, device: torch.device) -> Iterator[tuple[Dropout, Tensor]]:
        for layers in self.groups:
            sizes = [layer.copies * rows * layer.width for layer in layers]
            bits = torch.stack([_bits(rng, sum(sizes)) for rng in self.rngs])
            bits = there(bits, device)
            keep = layers[0].keep
            kept = bits >= round((1 - keep) * 2**16) - 2**15
            scales = kept.float().div_(keep).split(sizes, dim=1)
            for layer, scale in zip(layers, scales, strict=True):
                yield layer, scale.reshape(-1, rows, layer.width)


def _each(
    draw: Callable[..., Tensor], rngs: Sequence[Generator], rows: int, size: int
) -> Float[Tensor, "M R S"]:
    """Of each member's own generator."""
    return torch.stack([draw(rows, size, generator=rng) for rng in rngs])


def _bits(rng: Generator, n: int) -> Tensor:
    """`n` integers of 16 bits, uniform: four out of each number drawn, as drawing costs most."""
    numbers = torch.empty((n + 3) // 4, dtype=torch.int64)
    return numbers.random_(-(2**63), None, generator=rng).view(torch.int16)[:n]
