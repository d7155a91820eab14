"""The training loop, as an iterator: the caller logs, saves and stops."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ..joint import Joint
from ..provenance import seed_of
from ..rng import generator
from .members import Part, using
from .schedule import keep, rate
from .state import Epoch, State

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
        FloatingPointError: If a member left out more than 1 % of an epoch's steps, or never had
            a finite validation loss.
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
    for name, part in state.parts.items():
        if not part.best_loss.isfinite().all():
            raise FloatingPointError(
                f"the {name} network needs a finite validation loss to be kept by, but the best of "
                f"its members are {part.best_loss.tolist()}: look for extreme values in the "
                "simulations"
            )
        part.weights.copy_(part.best)


def _one_pass(model, state, loss, data, training, seeds) -> dict[str, Tensor]:  # noqa: ANN001
    """One epoch of gradient steps; the mean losses, in nats, by part and member."""
    order = _order(seeds, state.epoch, len(data[0]), training.batch).to(data[0].device)
    steps = order.shape[1]
    losses, skips = ({name: [] for name in state.parts} for _ in range(2))
    for index in range(steps):
        done = state.epoch * steps + index
        rows = order[:, index]
        terms = loss(model, *(part[rows] for part in data))
        sum(term.sum() for term in terms.values()).backward()
        pace = rate(done, training.epochs * steps, training.rate, training.warmup)
        for name, part in state.parts.items():
            skips[name].append(part.step(terms[name], pace, training.clip))
            if (done + 1) % AVERAGE_EVERY == 0:
                part.follow(keep(done, AVERAGE_EVERY, training.decay))
            losses[name].append(terms[name].detach())
    for name, part in state.parts.items():
        _count(name, part, torch.stack(skips[name]), state.epoch)
    # A skipped step has no loss to speak of: the mean is over the others.
    taken = {name: ~torch.stack(found) for name, found in skips.items()}
    return {
        name: torch.stack(found).where(taken[name], math.nan).nanmean(0).cpu()
        for name, found in losses.items()
    }


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


def _count(name: str, part: Part, skipped: Bool[Tensor, "S M"], epoch: int) -> None:
    """Adds up the steps left out by members that have not stopped; too many are an error."""
    counts = (skipped & part.running).sum(0)
    part.skipped += counts
    member = int(counts.argmax())
    if counts[member] > MOST_SKIPPED * len(skipped):
        first = int(skipped[:, member].int().argmax()) + 1
        raise FloatingPointError(
            f"the {name} network of member {member} had a loss or gradient that was not finite at "
            f"{int(counts[member])} of the {len(skipped)} steps of epoch {epoch + 1}, first at "
            f"step {first}: lower `rate` or `clip`, or look for extreme values in the simulations"
        )
