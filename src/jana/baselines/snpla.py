"""SNPLA on our own flows: a likelihood network from simulations, a posterior network from it.

Reference: Wiqvist, Frellsen & Picchini (2021), arXiv:2102.06522.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..flows.flow import Flow
from ..joint import Joint
from ..simulators.base import Draws
from . import pair
from .method import Budgeted, Fitted, rounds

STEPS = ("likelihood_updates", "hot_updates", "posterior_updates", "skipped")
MOST_SKIPPED = 0.01  # share of steps, above which training has failed
Build = Callable[[int], Joint]  # an untrained pair of one member, by seed


@dataclass(frozen=True)
class Steps:
    """How one network is trained in a round.

    Attributes:
        epochs: Passes, at most.
        batch: Rows per step; of the posterior's, draws of its latents.
        patience: Passes without a better validation loss, after which a round stops; None: none.
        rate: Adam's.
        decay: Factor of the rate after each round.
    """

    epochs: int
    batch: int
    patience: int | None
    rate: float
    decay: float = 1.0


@dataclass(frozen=True)
class Snpla:
    """Rounds around one observation; the posterior minimizes the reverse divergence there.

    Attributes:
        per_round: Simulations of each round.
        forgetting: The prior's share of a round's parameters is exp(-forgetting * round).
        validation: Share of all simulations that the likelihood is validated with.
        likelihood: Its training.
        hot: The posterior's first training, on the prior's simulations.
        posterior: Its training by the likelihood network.
        steps: Of the posterior in each of its epochs.
        clip: Largest gradient norm.
        build: Makes both networks.
        name: What its draws are called in the tables.
    """

    per_round: int
    forgetting: float
    validation: float
    likelihood: Steps
    hot: Steps
    posterior: Steps
    steps: int
    clip: float
    build: Build
    name: str = "snpla"

    def __call__(self, rng: Generator, task: Budgeted, x: Float[Tensor, " X"]) -> Fitted:
        """See `Method`."""
        model, given = (
            self.build(int(torch.randint(2**31, (), generator=rng))).eval(),
            x[None, None],
        )
        seen: Draws | None = None
        done = Counter[str]()
        for index, n in enumerate(rounds(task.budget, self.per_round)):
            new = self._simulated(rng, model, task, x, n, index)
            seen = new if seen is None else Draws(*map(torch.cat, zip(seen, new, strict=True)))
            if index == 0:
                model.set_from(*seen)
                done += self._passes(rng, model, "posterior", self.hot, seen, index)
            done += self._passes(rng, model, "likelihood", self.likelihood, seen, index)
            done += self._matched(rng, model, task, given, index)
        if done["skipped"] > MOST_SKIPPED * done.total():
            raise ValueError(
                f"nearly all steps need finite losses and gradients, but of {done.total()} "
                f"{done['skipped']} had none: lower the rates"
            )
        model.requires_grad_(False)
        notes = {name: float(done[name]) for name in STEPS}
        # The posterior network is right at x alone: its density elsewhere means nothing.
        densities = {"likelihood": pair.densities(model)["likelihood"]}
        posterior = {self.name: pair.direct(model, task)}
        return Fitted(posterior, pair.surrogate(model), densities, False, notes)

    def _simulated(
        self, rng: Generator, model: Joint, task: Budgeted, x: Tensor, n: int, index: int
    ) -> Draws:
        """A round's simulations: some at draws from the prior, the others at the posterior's."""
        ours = n - round(n * math.exp(-self.forgetting * index))
        parts = [task.pairs(n - ours)] if ours < n else []
        if ours:
            theta = pair.direct(model, task)(rng, x, ours).theta
            parts.append(task.pairs_at(theta))
        return Draws(*map(torch.cat, zip(*parts, strict=True)))

    def _passes(
        self, rng: Generator, model: Joint, name: str, how: Steps, seen: Draws, index: int
    ) -> Counter[str]:
        """Maximum likelihood of one network on all simulations so far; its steps."""
        flow = getattr(model, name)
        order = torch.randperm(len(seen.theta), generator=rng)
        held = round(self.validation * len(order))
        target, context = seen if name == "posterior" else (seen.x, seen.theta)

        def loss(rows: Tensor) -> Tensor:
            return -flow.log_prob(target[None, rows], context[None, rows]).mean()

        optimizer = torch.optim.Adam(flow.parameters(), how.rate * how.decay**index)
        best, kept, waited, done = math.inf, _copy(flow), 0, Counter[str]()
        kind = "hot_updates" if how is self.hot else "likelihood_updates"
        for _ in range(how.epochs):
            shuffled = order[held:][torch.randperm(len(order) - held, generator=rng)]
            for rows in shuffled.split(how.batch):
                done[kind if self._step(flow, optimizer, loss(rows)) else "skipped"] += 1
            with torch.no_grad():
                now = float(loss(order[:held]))
            if now < best:
                best, kept, waited = now, _copy(flow), 0
            elif (waited := waited + 1) == how.patience:
                break
        if best == math.inf:
            raise ValueError(
                f"the {name} network needs a finite validation loss to be kept by, but no epoch of "
                f"round {index} had one: raise its share, or lower the rate"
            )
        flow.load_state_dict(kept)
        return done

    def _matched(
        self, rng: Generator, model: Joint, task: Budgeted, given: Tensor, index: int
    ) -> Counter[str]:
        """The reverse divergence of the posterior network from prior * likelihood network at x.

        Returns:
            Its steps.
        """
        how, flow = self.posterior, model.posterior
        optimizer = torch.optim.Adam(flow.parameters(), how.rate * how.decay**index)
        model.likelihood.requires_grad_(False)
        done = Counter[str]()
        for _ in range(how.epochs * self.steps):
            found = flow.sample(flow.noise([rng], 1, how.batch), given)
            theta = found.draws[:, 0]
            seen = given.expand(1, how.batch, -1)
            wanted = task.prior.log_prob(theta) + model.likelihood.log_prob(seen, theta)
            stepped = self._step(flow, optimizer, (found.log_prob[:, 0] - wanted).mean())
            done["posterior_updates" if stepped else "skipped"] += 1
        model.likelihood.requires_grad_(True)
        return done

    def _step(self, flow: Flow, optimizer: torch.optim.Optimizer, loss: Tensor) -> bool:
        """One step, unless the loss or gradient is not finite; whether there was one."""
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(flow.parameters(), self.clip)
        finite = bool(torch.isfinite(loss) and torch.isfinite(norm))
        if finite:
            optimizer.step()
        return finite


def _copy(flow: Flow) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in flow.state_dict().items()}
