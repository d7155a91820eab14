"""The training loop, as an iterator: the caller logs, saves and stops."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor, nn

from ..denormals import flushing
from ..joint import Joint
from ..provenance import seed_of
from ..rng import generator
from .losses import Trials, some_trials
from .members import Part, pace, using
from .schedule import keep, rate
from .state import Epoch, State
from .steps import Loss, Steps

Data = tuple[Float[Tensor, " _ D"], Float[Tensor, " _ *X"]]  # theta and x, row by row
AVERAGE_EVERY = 10  # steps between updates of the running average: a tenth of the traffic
MOST_SKIPPED = 0.01  # share of an epoch's steps that may be left out as not finite


@dataclass(frozen=True)
class Training:
    """How to train.

    Attributes:
        epochs: Passes over the training rows, at most.
        batch: Data sets per step B.
        drop_last: Whether what does not fill a batch is left to the next epoch.
        rate: Highest learning rate.
        warmup: Share of all steps over which the rate rises.
        epsilon: Adam's small constant, as Keras has it.
        clip: Largest gradient norm, of each part and member.
        together: Whether both networks are one part: with one gradient norm.
        decay: Of the running average, per step; 0 for none.
        patience: Epochs without a better validation loss, after which a part stops, and goes
            back to its best epoch; None: the weights of the last epoch are kept.
        surrogate: Share of the posterior network's rows that the likelihood network makes, new in
            every epoch: the posterior network is then trained after it. Validation is by
            simulated data alone. 0: both networks learn from the simulations alone.
        validation: Share of the simulations that is held out for validation. With 0 all of them
            are learned from, and others are watched.
        least_trials: Of exchangeable data, the smallest share of the trials that the posterior
            network sees in a step.
        likelihood_trials: How many of them the likelihood network sees in a step.
        likelihood_epochs: Passes of the likelihood network, where it is trained before the other;
            None: as many as the other.
        likelihood_rate: Highest learning rate of the likelihood network; None: as the other's.
        per_trial: Of exchangeable data and of series, whether the likelihood's gradient is that of
            the mean over trials or steps; losses are stated for all of them nonetheless.
        online: Whether every epoch has new simulations, as many as there are to learn from: those
            set what is not learned, and no more.
        cut: Passes after which training ends, in the midst of the schedule of `epochs`; None: none.
        in_order: Of exchangeable data, whether the posterior network sees the first so many trials
            of a data set, and not any of them.
    """

    epochs: int
    batch: int
    drop_last: bool
    rate: float
    warmup: float
    epsilon: float
    clip: float
    together: bool
    decay: float
    patience: int | None
    validation: float
    surrogate: float = 0.0
    least_trials: float = 0.5
    likelihood_trials: int = 4
    likelihood_epochs: int | None = None
    likelihood_rate: float | None = None
    per_trial: bool = False
    in_order: bool = False
    online: bool = False
    cut: int | None = None

    @property
    def of_likelihood(self) -> int:
        """Passes of the likelihood network, at most."""
        own = self.likelihood_epochs if self.surrogate else None
        return replace(self, epochs=own or self.epochs).last

    def highest(self, networks: tuple[str, ...]) -> float:
        """The highest learning rate of a part, by the names of its networks."""
        own = self.likelihood_rate if networks == ("likelihood",) else None
        return own or self.rate

    @property
    def last(self) -> int:
        """Passes of the posterior network, and of all that is trained beside it, at most."""
        return min(self.epochs, self.cut or self.epochs)


class Course(NamedTuple):
    """What a network learns from, and how.

    Attributes:
        data: What to learn from and what to validate with, on the model's device.
        training: How.
        prior: Draws parameters.
        redrawn: The data to learn from with new noise, where it can be drawn anew: it then is, in
            every epoch.
        fresh: Simulates so many pairs: needed where training is online.
    """

    data: tuple[Data, Data]
    training: Training
    prior: Callable[[Generator, int], Tensor]
    redrawn: Callable[[Generator], Float[Tensor, " _ *X"]] | None = None
    fresh: Callable[[Generator, int], Data] | None = None


def course(
    training: Training,
    device: torch.device,
    pairs: Data,
    others: Data,
    prior: Callable[[Generator, int], Tensor],
) -> Course:
    """The course that `split` makes of a budget and of simulations beyond it, on a device."""
    data = split(pairs, training, others)
    learn, watch = (tuple(part.to(device) for part in rows) for rows in data)
    return Course((learn, watch), training, prior)


def begin(model: Joint, learn: Data, training: Training, apart: Course | None = None) -> State:
    """A run at its beginning: what is not learned is set from the training rows.

    The model's parameters become views of the run's weights.

    Args:
        model: On the device it is to be trained on.
        learn: theta and x to learn from.
        training: How it will be trained.
        apart: The likelihood network's own course, if it has one.
    """
    parts = model.parts()
    each = dict.fromkeys(parts, (learn, training))
    if apart is not None:
        each["likelihood"] = apart.data[0], apart.training
    for name, (rows, _) in each.items():
        model.set_from(*rows, names=(name,))
    together = training.together and apart is None
    names = [tuple(parts)] if together else [(name,) for name in parts]
    modules = [nn.ModuleList(parts[name] for name in group) for group in names]
    return State(
        {
            group: Part(module, each[group[0]][1].epsilon, model.decay())
            for group, module in zip(names, modules, strict=True)
        }
    )


def split(pairs: Data, training: Training, others: Data) -> tuple[Data, Data]:
    """What to learn from and what to validate with.

    Args:
        pairs: The budget: theta and x.
        training: Its share of validation is the last of the budget.
        others: Simulations beyond the budget, which are watched where that share is 0.

    Raises:
        ValueError: If either would be empty.
    """
    n = len(pairs[0])
    if not training.validation:
        return pairs, others
    held_out = round(n * training.validation)
    if not 0 < held_out < n:
        raise ValueError(
            f"training needs at least one row to learn from and one to validate with, but a share "
            f"of {training.validation} of {n} simulations leaves {n - held_out} and {held_out}: "
            "raise `simulations` or change `validation`"
        )
    return tuple(tuple(part.split([n - held_out, held_out])[i] for part in pairs) for i in (0, 1))


def epochs(
    model: Joint,
    state: State,
    loss: Loss,
    course: Course,
    seeds: Sequence[int],
    apart: Course | None = None,
) -> Iterator[Epoch]:
    """Trains the model in place from where `state` stands, one pass per step of the iterator.

    A stage stops after its epochs, or when all members of all its parts have run out of
    patience. After it, and only then, its networks have the weights that are kept.

    Args:
        model: What to train, as `begin` left it.
        state: From `begin`; moved along in place.
        loss: Terms by network, a value per member; the sum of all is minimized.
        course: What to learn from, and how.
        seeds: One per member: of the order in which it sees the data, of its dropout, and of the
            data that its likelihood network makes for its posterior network.
        apart: The likelihood network's own course, as `begin` had it: it is trained first then, and
            neither network sees the other's data.

    Raises:
        ValueError: If training is online, and nothing simulates.
        FloatingPointError: If a member left out more than 1 % of an epoch's steps, or never had
            a finite validation loss.
    """
    if any(one and one.training.online and one.fresh is None for one in (course, apart)):
        raise ValueError("online training needs a simulator, but none is given: pass `fresh`")
    stages = _stages(state, course, apart)
    while state.stage < len(stages):
        groups, (data, training, *drawn) = stages[state.stage]
        parts = {names: state.parts[names] for names in groups}
        steps = Steps(model, parts, loss, training.clip, training.per_trial)
        watched = model, parts, loss, data[1], training
        if not state.epoch:  # the start, which the regressions alone have made, competes too
            state.history.append(Epoch(0, {}, _validated(*watched, 0)))
        beside = next(model.parameters()).device.type == "cuda"
        learns = _learned(stages[state.stage][1], seeds, state.epoch, beside)
        while state.epoch < training.last and any(p.running.any() for p in parts.values()):
            begun = time.perf_counter()
            rows = _rows(model, next(learns), training, seeds, *drawn[:2], state)
            losses = _one_pass(steps, rows, training, seeds, state.epoch)
            state.epoch += 1
            found = _validated(*watched, state.epoch)
            state.history.append(Epoch(state.epoch, losses, found))
            state.seconds += time.perf_counter() - begun
            yield state.history[-1]
        _keep(parts)
        state.stage, state.epoch = state.stage + 1, 0
    model.eval()


def _learned(course: Course, seeds: Sequence[int], epoch: int, beside: bool) -> Iterator[Data]:
    """What is learned from in each epoch, from `epoch` on: the same, or new simulations.

    Args:
        course: What to learn from.
        seeds: The first is that of the simulations.
        epoch: The first.
        beside: Whether the next are simulated while these are learned from, as beside a GPU.
    """
    learn, training = course.data[0], course.training
    if not training.online:
        while True:
            yield learn
    device, n = learn[0].device, len(learn[0])

    def drawn(at: int) -> Data:
        return course.fresh(generator(seed_of(seeds[0], "online", at)), n)

    with ThreadPoolExecutor(1) as thread:
        ahead = thread.submit(drawn, epoch)
        while True:
            pair, epoch = ahead.result(), epoch + 1
            if beside and epoch < training.last:
                ahead = thread.submit(drawn, epoch)
            yield tuple(part.to(device) for part in pair)
            if not beside:
                ahead = thread.submit(drawn, epoch)


def _stages(
    state: State, course: Course, apart: Course | None
) -> list[tuple[list[tuple[str, ...]], Course]]:
    """Which parts are trained at once, and in what course.

    The likelihood comes first, where the posterior learns from it or each has a course.
    """
    if apart is None and not course.training.surrogate:
        return [(list(state.parts), course)]
    own = course.training.likelihood_epochs or course.training.epochs
    first = replace(course.training, epochs=own)
    alone = apart or course._replace(training=first)
    return [([("likelihood",)], alone), ([("posterior",)], course)]


def _keep(parts: dict[tuple[str, ...], Part]) -> None:
    """Gives the networks the weights of their best epoch."""
    for names, part in parts.items():
        if not part.best_loss.isfinite().all():
            raise FloatingPointError(
                f"the {' and '.join(names)} network needs a finite validation loss to be kept by, "
                f"but the best of its members are {part.best_loss.tolist()}: look for extreme "
                "values in the simulations"
            )
        part.weights.copy_(part.best)


def _rows(model, learn, training, seeds, prior, redrawn, state) -> tuple[Tensor, Tensor, Tensor]:  # noqa: ANN001
    """theta (M, N, D), x and the order (M, S) in which each member sees their rows this epoch."""
    n, device = len(learn[0]), learn[0].device
    order = _order(seeds, state.epoch, n, training).to(device)
    theta, x = model.shared(*learn)
    if redrawn is not None and not training.online:  # else all of it is new
        x = torch.stack([redrawn(rng) for rng in _generators(seeds, "noise", state.epoch)]).to(x)
    if not (training.surrogate and state.stage):
        return theta, x, order
    # So many of the rows make way for pairs that the likelihood network makes, new in each epoch.
    fake = round(training.surrogate * n)
    mixed = torch.stack(
        [torch.randperm(n, generator=rng) for rng in _generators(seeds, "real", state.epoch)]
    ).to(device)
    real, replaced = mixed.split([n - fake, fake], dim=1)
    rngs, members = _generators(seeds, "surrogate", state.epoch), _members(order)
    made = torch.stack([prior(rng, fake) for rng in rngs]).to(device)
    pairs = made, model.surrogate(rngs, made, x[members, replaced])
    return *(
        torch.cat([part[members, real], new], 1)
        for part, new in zip((theta, x), pairs, strict=True)
    ), order


def _members(rows: Tensor) -> Int[Tensor, "M 1"]:
    """What picks each member's own rows, beside their numbers (M, B)."""
    return torch.arange(len(rows), device=rows.device)[:, None]


def _one_pass(steps, rows, training, seeds, epoch) -> dict[str, Tensor]:  # noqa: ANN001
    """One epoch of gradient steps; the mean losses, in nats, by network and member."""
    model, parts = steps.model, steps.parts
    model.train()
    for name, masks in model.masks().items():
        masks.rngs = _generators(seeds, "dropout", epoch, name)
    if model.counts is not None:
        model.counts.rngs = _generators(seeds, "places", epoch)
    theta, x, order = rows
    batches = order.split(min(training.batch, order.shape[1]), dim=1)
    members, rng = _members(order), generator(seed_of("trials", epoch))
    found = []
    for index, batch in enumerate(batches):
        done = epoch * len(batches) + index
        share = rate(done, training.epochs * len(batches), 1.0, training.warmup)
        paces = [
            pace(share * training.highest(group), part.epsilon, done)
            for group, part in parts.items()
        ]
        trials = _trials(model, rng, x, training)
        with flushing():
            found.append(steps(theta[members, batch], x[members, batch], trials, paces))
        if (done + 1) % AVERAGE_EVERY == 0:
            for part in parts.values():
                part.follow(keep(done, AVERAGE_EVERY, training.decay))
    model.eval()
    skipped = torch.stack([step.skipped for step in found], 1)
    for (group, part), skips in zip(parts.items(), skipped, strict=True):
        _count(group, part, skips, epoch)
        if not training.decay:
            part.follow(0.0)
    of_part = [place for place, group in enumerate(parts) for _ in group]
    terms = torch.stack([step.terms for step in found], 1)
    # A step that was skipped has no loss.
    means = terms.where(~skipped[of_part], math.nan).nanmean(1).cpu()
    return dict(zip(steps.names, means, strict=True))


def _trials(model, rng, x, training) -> Trials | None:  # noqa: ANN001
    """Which exchangeable trials this step sees; the same for every member."""
    if not model.exchangeable:
        return None
    shares = training.least_trials, training.likelihood_trials, training.in_order
    return some_trials(rng, x.shape[2], *shares)


def _generators(seeds: Sequence[int], *name: object) -> list[Generator]:
    return [generator(seed_of(seed, *name)) for seed in seeds]


def _order(seeds: Sequence[int], epoch: int, n: int, training: Training) -> Int[Tensor, "M N"]:
    """The order in which each member sees the rows of an epoch, drawn by name, not by history."""
    rngs = _generators(seeds, "order", epoch)
    shuffled = torch.stack([torch.randperm(n, generator=rng) for rng in rngs])
    batch = min(training.batch, n)
    return shuffled[:, : n // batch * batch] if training.drop_last else shuffled


@torch.no_grad()
def _validated(model, parts, loss, data, training, epoch) -> dict[str, Tensor]:  # noqa: ANN001
    """Validation losses of the running averages, taken into account for stopping."""
    model.eval()
    with using(parts, "average"):
        names = tuple(name for group in parts for name in group)
        terms = loss(model, *model.shared(*data), None, names)
    for group, part in parts.items():
        part.judge(sum(terms[name] for name in group), epoch, training.patience)
    return {name: term.cpu() for name, term in terms.items()}


def _count(names: tuple[str, ...], part: Part, skipped: Bool[Tensor, "S M"], epoch: int) -> None:
    """Adds up the steps left out by members that have not stopped; too many are an error."""
    counts = (skipped & part.running).sum(0)
    part.skipped += counts
    member = int(counts.argmax())
    if counts[member] > MOST_SKIPPED * len(skipped):
        first = int(skipped[:, member].int().argmax()) + 1
        raise FloatingPointError(
            f"the {' and '.join(names)} network of member {member} had a loss or gradient that was "
            f"not finite at {int(counts[member])} of the {len(skipped)} steps of epoch "
            f"{epoch + 1}, first at step {first}: lower `rate` or `clip`, or look for extreme "
            "values in the simulations"
        )
