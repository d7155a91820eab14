"""Counts, for flows that know densities: spread over their cells, on a scale of even noise.

A count k of at most n becomes a number anywhere in [k, k + 1), whose density is the count's
probability. The arcsine of the root of its share of n + 1 is what the flow sees: binomial noise
is as wide there near 0 as in the middle.

Reference: Theis, van den Oord & Bethge (2016), arXiv:1511.01844, for uniform dequantisation;
Anscombe (1948) for the scale.
"""

import math
from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.quasirandom import SobolEngine

CELLS = 8  # places in each cell whose mean density is the count's probability
TOP = math.pi / 2  # of the scale
EDGE = 1e-3  # share of a cell at either end where no place is


class Counts:
    """Numbers 0, 1, ..., most.

    Args:
        most: The largest.

    Attributes:
        rngs: One generator per member, of the places within cells in training.
        held: Whether the places in training stay as they are; as for masks of dropout.
        places: Those drawn last.
    """

    def __init__(self, most: int):
        self.cells = most + 1
        self.rngs: Sequence[Generator] = ()
        self.held, self.places = False, torch.zeros(0)

    def seen(self, x: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
        """Counts as a context: the middle of their cells, on the even scale."""
        return self._scaled(x + 0.5)

    def spread(
        self, x: Float[Tensor, "*B D"], place: Float[Tensor, "*#B D"]
    ) -> tuple[Float[Tensor, "*B D"], Float[Tensor, "*B"]]:
        """Counts as a target, and the log determinant; `place` is where in the cells, 0 to 1."""
        y = self._scaled(x + place)
        # The slope is 1 / (cells sin 2y); the ends are half a cell of a float's rounding away.
        slope = self.cells * torch.sin(2 * y).clamp(min=torch.finfo(y.dtype).tiny)
        return y, -slope.log().sum(-1)

    def counted(self, y: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
        """The way back: whose cell it is."""
        return (self.cells * y.sin().square()).floor().clamp(0, self.cells - 1)

    def random_places(self, x: Float[Tensor, "M B D"]) -> Float[Tensor, "M B D"]:
        """New places in training, each member's its own."""
        if not self.held:
            self.places = torch.empty_like(x)
            self.redraw(self.places)
        return self.places

    def redraw(self, places: Float[Tensor, "M B D"]) -> None:
        """Draws new places into such as were drawn before."""
        made = [torch.rand(places.shape[1:], generator=rng) for rng in self.rngs]
        places.copy_(_within(torch.stack(made)))

    def fixed_places(self, dim: int) -> Iterator[Float[Tensor, " D"]]:
        """The places whose mean stands for the whole cell: Sobol's, the same for all counts."""
        yield from _within(SobolEngine(dim, scramble=True, seed=0).draw(CELLS))

    def first_places(self, x: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """Places before training, always the same."""
        return _within(torch.rand(x.shape, generator=Generator().manual_seed(0)).to(x))

    def _scaled(self, value: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
        return (value / self.cells).clamp(0, 1).sqrt().asin()


def _within(place: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
    """Not at the very edges of a cell, where rounding may reach the next one."""
    return EDGE + (1 - 2 * EDGE) * place
