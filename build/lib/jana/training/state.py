"""A training run between two epochs."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .members import Part


class Epoch(NamedTuple):
    """What one pass left behind: losses in nats per data set, by part, a value per member."""

    index: int
    train: dict[str, Float[Tensor, " M"]]
    validation: dict[str, Float[Tensor, " M"]]


@dataclass
class State:
    """A training run between two epochs: all that a resumed run needs."""

    parts: dict[tuple[str, ...], Part]  # by the names of the networks in each
    stage: int = 0  # of those that are trained one after another
    epoch: int = 0  # within the stage
    seconds: float = 0.0  # spent on epochs so far, interruptions left out
    history: list[Epoch] = field(default_factory=list)

    def state(self) -> dict:
        """As plain dictionaries, lists and tensors."""
        parts = {"+".join(names): part.state() for names, part in self.parts.items()}
        history = [epoch._asdict() for epoch in self.history]
        return {
            "stage": self.stage,
            "epoch": self.epoch,
            "seconds": self.seconds,
            "history": history,
            "parts": parts,
        }

    def restore(self, state: dict) -> None:
        """Goes back to what `state` returned."""
        self.stage, self.epoch, self.seconds = (state[k] for k in ("stage", "epoch", "seconds"))
        self.history = [Epoch(**epoch) for epoch in state["history"]]
        for names, part in self.parts.items():
            part.restore(state["parts"]["+".join(names)])

    @property
    def passes(self) -> int:
        """How many epochs have been trained, of all stages."""
        return sum(bool(epoch.train) for epoch in self.history)

    def arrays(self) -> dict[str, tuple[tuple[str, ...], Tensor]]:
        """The history as named arrays: losses in nats by epoch and member, the epochs kept."""
        part_of = {name: part for names, part in self.parts.items() for name in names}
        losses = {kind: self._by_epoch(kind) for kind in ("train", "validation")}
        kept = {
            name: torch.stack([getattr(part, name).cpu() for part in part_of.values()])
            for name in ("best_epoch", "skipped")
        }
        return {
            **{name: (("epoch", "part", "member"), values) for name, values in losses.items()},
            **{name: (("part", "member"), values) for name, values in kept.items()},
            "seconds": ((), torch.tensor(self.seconds)),
        }

    def _by_epoch(self, kind: str) -> Float[Tensor, "E P M"]:
        """Losses of all networks, NaN where one has none: at the start, and after it stopped."""
        longest = max(epoch.index for epoch in self.history) + 1
        found = torch.full((longest, len(self.networks), self._members), math.nan)
        for epoch in self.history:
            for name, loss in getattr(epoch, kind).items():
                found[epoch.index, self.networks.index(name)] = loss
        return found

    @property
    def _members(self) -> int:
        return len(next(iter(self.parts.values())).weights)

    @property
    def networks(self) -> list[str]:
        """Their names, in the order of `arrays`."""
        return [name for names in self.parts for name in names]
