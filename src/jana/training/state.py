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

    parts: dict[str, Part]
    epoch: int = 0
    seconds: float = 0.0  # spent on epochs so far, interruptions left out
    history: list[Epoch] = field(default_factory=list)

    def state(self) -> dict:
        """As plain dictionaries, lists and tensors."""
        parts = {name: part.state() for name, part in self.parts.items()}
        history = [epoch._asdict() for epoch in self.history]
        return {
            "epoch": self.epoch,
            "seconds": self.seconds,
            "history": history,
            "parts": parts,
        }

    def restore(self, state: dict) -> None:
        """Goes back to what `state` returned."""
        self.epoch, self.seconds = state["epoch"], state["seconds"]
        self.history = [Epoch(**epoch) for epoch in state["history"]]
        for name, part in self.parts.items():
            part.restore(state["parts"][name])

    def arrays(self) -> dict[str, tuple[tuple[str, ...], Tensor]]:
        """The history as named arrays: losses in nats by epoch and member, the epochs kept."""
        names = list(self.parts)
        nothing = dict.fromkeys(names, torch.full((len(self.parts[names[0]].weights),), math.nan))
        losses = {
            kind: torch.stack(
                [
                    torch.stack([(getattr(epoch, kind) or nothing)[name] for name in names])
                    for epoch in self.history
                ]
            )
            for kind in ("train", "validation")
        }
        kept = {
            name: torch.stack([getattr(part, name).cpu() for part in self.parts.values()])
            for name in ("best_epoch", "skipped")
        }
        return {
            **{name: (("epoch", "part", "member"), values) for name, values in losses.items()},
            **{name: (("part", "member"), values) for name, values in kept.items()},
            "seconds": ((), torch.tensor(self.seconds)),
        }

    @property
    def finished(self) -> bool:
        """Whether every member of every part has run out of patience."""
        return not any(part.running.any() for part in self.parts.values())
