"""The training loop, as an iterator: the caller logs, saves and stops."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..joint import Joint
from ..provenance import seed_of
from ..rng import generator
from .members import Part, using
from .schedule import keep, rate

Loss = Callable[[Joint, Tensor, Tensor], dict[str, Tensor]]
AVERAGE_EVERY = 10  # steps between updates of the running average: a tenth of the traffic
MOST_SKIPPED = 0.01  # share of an epoch's steps that may be left out as not finite


@dataclass(frozen=True)
class Training:
    """How to train.

    Attributes:
        epochs: Passes over the training rows, at most.
        batch: Data sets per step B; what does not fill a batch is left to the next epoch.
        rate: Highest learning rate.
        warmup: Share of all steps over which the rate rises.
        clip: Largest gradient norm, of each part and member.
        decay: Of the running average, per step.
        patience: Epochs without a better validation loss, after which a part stops.
        validation: Share of the simulations that is held out for validation.
    """

    epochs: int
    batch: int
    rate: float
    warmup: float
    clip: float
    decay: float
    patience: int
    validation: float


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


Data = tuple[Float[Tensor, "N D"], Float[Tensor, "N X"]]


def begin(model: Joint, data: Data, training: Training) -> State:
    """A run at its beginning: what is not learned is set from the training rows.

    The model's parameters become views of the run's weights.

    Args:
        model: On the device it is to be trained on.
        data: theta and x, the validation rows among them.
        training: How it will be trained.
    """
    rows, _ = split(len(data[0]), training.validation)
    model.set_from(*(part[rows] for part in data))
    return State({name: Part(module) for name, module in model.parts().items()})


def split(n: int, validation: float) -> tuple[slice, slice]:
    """Training and validation rows out of n simulations: the last ones are held out.

    Raises:
        ValueError: If either would be empty.
    """
    held_out = round(n * validation)
    if not 0 < held_out < n:
        raise ValueError(
            f"training needs at least one row to learn from and one to validate with, but a share "
            f"of {validation} of {n} simulations leaves {n - held_out} and {held_out}: raise "
            "`simulations` or change `validation`"
        )
    return slice(0, n - held_out), slice(n - held_out, n)


def epochs(
    model: Joint,
    state: State,
    loss: Loss,
    data: Data,
    training: Training,
    seeds: Sequence[int],
) -> Iterator[Epoch]:
    """Trains the model in place from where `state` stands, one pass per step of the iterator.

    Stops after `training.epochs`, or when all members of all parts have run out of patience.
    After the last epoch, and only then, the model has the best weights it found.

    Args:
        model: What to train, as `begin` left it.
        state: From `begin`; moved along in place.
        loss: Terms by part, a value per member; the sum of all is minimized.
        data: theta and x, on the model's device; the validation rows among them.
        training: How.
        seeds: One per member: of the order in which it sees the data.

    Raises:
        FloatingPointError: If a member left out more than 1 % of an epoch's steps.
    """
    learn, judge = split(len(data[0]), training.validation)
    train, held_out = ([part[rows] for part in data] for rows in (learn, judge))
    if not state.history:  # the start, which standardizing alone has made, competes too
        state.history.append(Epoch(0, {}, _validated(model, state, loss, held_out, training)))
    while state.epoch < training.epochs and not state.finished:
        begun = time.perf_counter()
        losses = _one_pass(model, state, loss, train, training, seeds)
        state.epoch += 1
        found = _validated(model, state, loss, held_out, training)
        state.history.append(Epoch(state.epoch, losses, found))
        state.seconds += time.perf_counter() - begun
        yield state.history[-1]
    for part in state.parts.values():
        part.weights.copy_(part.best)


def _one_pass(model, state, loss, data, training, seeds) -> dict[str, Tensor]:  # noqa: ANN001
    """One epoch of gradient steps; the mean losses, in nats, by part and member."""
    order = _order(seeds, state.epoch, len(data[0]), training.batch)
    steps = order.shape[1]
    order = order.to(data[0].device)
    before = {name: part.skipped.clone() for name, part in state.parts.items()}
    sums = {name: 0.0 for name in state.parts}
    for index in range(steps):
        done = state.epoch * steps + index
        rows = order[:, index]
        terms = loss(model, *(part[rows] for part in data))
        sum(term.sum() for term in terms.values()).backward()
        pace = rate(done, training.epochs * steps, training.rate, training.warmup)
        for name, part in state.parts.items():
            part.step(terms[name], pace, training.clip)
            if (done + 1) % AVERAGE_EVERY == 0:
                part.follow(keep(done, AVERAGE_EVERY, training.decay))
            sums[name] = sums[name] + terms[name].detach()
    _refuse_skips(state, before, steps)
    return {name: total.cpu() / steps for name, total in sums.items()}


def _order(seeds: Sequence[int], epoch: int, n: int, batch: int) -> Int[Tensor, "M S B"]:
    """Which rows each member sees at each step of an epoch, drawn by name, not by history."""
    batch = min(batch, n)
    rngs = (generator(seed_of(seed, "order", epoch)) for seed in seeds)
    shuffled = torch.stack([torch.randperm(n, generator=rng) for rng in rngs])
    return shuffled[:, : n // batch * batch].unflatten(1, (-1, batch))


@torch.no_grad()
def _validated(model, state, loss, data, training) -> dict[str, Tensor]:  # noqa: ANN001
    """Validation losses of the running averages, taken into account for stopping."""
    with using(state.parts, "average"):
        terms = loss(model, *model.shared(*data))
    for name, part in state.parts.items():
        part.judge(terms[name], state.epoch, training.patience)
    return {name: term.cpu() for name, term in terms.items()}


def _refuse_skips(state: State, before: dict[str, Tensor], steps: int) -> None:
    for name, part in state.parts.items():
        skipped = part.skipped - before[name]
        member = int(skipped.argmax())
        if skipped[member] > MOST_SKIPPED * steps:
            raise FloatingPointError(
                f"the {name} network of member {member} had a loss or gradient that was not finite "
                f"at {int(skipped[member])} of the {steps} steps of epoch {state.epoch + 1} (from "
                f"step {state.epoch * steps + 1}): lower `rate` or `clip`, or look for extreme "
                "values in the simulations"
            )
