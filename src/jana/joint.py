"""The joint model: one flow for the posterior, one for the likelihood."""

import math
from collections.abc import Sequence
from copy import deepcopy

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn

from .flows.bernoulli import Bernoulli
from .flows.counts import Counts
from .flows.flow import Flow
from .flows.mixing import Permutation
from .flows.product import Product
from .flows.published_serial import PublishedSerial
from .flows.recurrent import Serial
from .flows.response import Response
from .flows.soft import Soft
from .networks.dropout import Masks
from .networks.places import at

ROWS = 1000  # of draws made at once: they stay in a CPU's cache


class Joint(nn.Module):
    """q(theta | s(x)) and q(x | theta), with a summary s that is learned with the posterior.

    Of exchangeable trials the likelihood flow is that of one, and a data set may have any number T
    of them; they need a summary. Other data are flattened for both flows. Counts are
    spread over their cells for the likelihood flow, at random in training; the probability of a
    count is the mean over a few fixed places in its cell.

    Reference: Radev et al. (2023), arXiv:2302.09125, section 3.

    Trials may have a design: coordinates that are given, not modelled, and stand behind the others.
    The likelihood is that of the others given theta and the design; who wants surrogate data
    brings the design.

    Args:
        posterior: Flow over theta.
        likelihood: Flow over x, or over one trial of it.
        x_shape: Of one data set, trials first where they are exchangeable.
        summary: From the data to the posterior's context; None: the data themselves.
        counts: How counts are seen and spread; None for other data.
        design: How many coordinates of a trial are its design.
        kept: Which numbers of the flattened data the posterior flow is given; None for all.
        exchangeable: Whether data are trials whose order does not matter.
        serial: Whether data are series, which both networks see as such; they need a summary.
        penalty: Weight of the summary's distance from normal features in the posterior's loss.

    Attributes:
        pooling: For each member, the power of prior * likelihood in refined draws, beside the
            posterior flow's density with the rest of 1; see `inference.refine.pooling`. 1
            until it is chosen.
    """

    def __init__(
        self,
        posterior: Flow,
        likelihood: Flow | Bernoulli | Product | Response | Soft | Serial | PublishedSerial,
        x_shape: tuple[int, ...],
        summary: nn.Module | None = None,
        counts: Counts | None = None,
        design: int = 0,
        kept: Bool[Tensor, " X"] | None = None,
        exchangeable: bool = False,
        serial: bool = False,
        penalty: float = 0.0,
    ):
        super().__init__()
        self.exchangeable, self.serial, self.penalty = exchangeable, serial, penalty
        self.register_buffer("kept", kept)
        self.places = [] if kept is None else kept.nonzero()[:, 0].tolist()
        self.register_buffer("pooling", torch.ones(len(posterior.project.weight)))
        self.counts = counts
        self.design = design
        self.posterior = posterior
        self.likelihood = likelihood
        self.x_shape = x_shape
        self.summary = summary

    @property
    def members(self) -> int:
        """How many independent pairs of networks lie side by side."""
        return len(self.posterior.project.weight)

    def member(self, at: int) -> "Joint":
        """A copy of one of them, alone."""
        one = deepcopy(self)
        for weight in one.parameters():
            weight.data = weight.data[at : at + 1]
        for part in one.modules():
            if isinstance(part, Permutation):
                part.order, part.back = part.order[at : at + 1], part.back[at : at + 1]
        one.pooling = one.pooling[at : at + 1]
        return one

    def masks(self) -> dict[str, Masks]:
        """The dropout of each network, by its name."""
        networks = {"posterior": self.posterior, "likelihood": self.likelihood}
        if self.summary is not None:
            networks["summary"] = self.summary
        return {name: network.masks for name, network in networks.items()}

    def parts(self) -> dict[str, nn.Module]:
        """What shares no weights, by the name of the loss that trains it."""
        learned = [self.posterior] if self.summary is None else [self.posterior, self.summary]
        return {"posterior": nn.ModuleList(learned), "likelihood": self.likelihood}

    def decay(self) -> dict[nn.Parameter, Float[Tensor, "..."]]:
        """The factor of each hidden weight's square in the loss; see `Flow.decay`."""
        return self.posterior.decay() | self.likelihood.decay()

    @torch.no_grad()
    def surrogate(
        self,
        rngs: Sequence[Generator],
        theta: Float[Tensor, "M B D"],
        x: Float[Tensor, "M B *X"],
    ) -> Float[Tensor, "M B *X"]:
        """A data set of the likelihood network for each theta, each member's its own.

        Args:
            rngs: One generator per member.
            theta: Parameters.
            x: Data sets whose designs, where there are any, the new ones have; nothing else of
                them matters.
        """
        trials = self.x_shape[0] if self.exchangeable else 1
        given, each = (theta, trials) if not self.design else (self.told(theta, x), 1)
        noise, rows = self.likelihood.noise(rngs, given.shape[1], each), max(1, ROWS // each)
        here = next(self.parameters()).device  # whatever lies elsewhere goes there piece by piece
        told = isinstance(self.likelihood, PublishedSerial)  # its moments are brought along
        parts = (noise, given, x) if told else (noise, given)
        pieces = zip(*(part.split(rows, 1) for part in parts), strict=True)
        pieces = ([part.to(here) for part in piece] for piece in pieces)
        if told:
            return torch.cat([self.likelihood.sample_like(*p).to(theta) for p in pieces], 1)
        made = torch.cat([self.likelihood.sample(*p).draws.to(theta) for p in pieces], 1)
        return self.data(made.reshape(*theta.shape[:2], *self._outcome_shape), x)

    @property
    def _outcome_shape(self) -> tuple[int, ...]:
        """Of a data set without its design."""
        *trials, coordinates = self.x_shape
        return (*trials, coordinates - self.design)

    def data(
        self, made: Float[Tensor, "M R *Y"], x: Float[Tensor, "M B *X"]
    ) -> Float[Tensor, "M R *X"]:
        """What the likelihood flow drew, as the simulator would give it: counts, with a design.

        Args:
            made: Draws, R data sets of them.
            x: Where there is a design, R data sets that have it.
        """
        if self.counts is not None:
            return self.counts.counted(made)
        return torch.cat([made, x[..., -self.design :]], -1) if self.design else made

    def told(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B T X"]
    ) -> Float[Tensor, "M R C"]:
        """What the likelihood is given of every trial: theta, and the design where there is one."""
        theta = theta.repeat_interleave(x.shape[2], 1)
        return (
            torch.cat([theta, x.flatten(1, 2)[..., -self.design :]], -1) if self.design else theta
        )

    @torch.no_grad()
    def set_from(
        self,
        theta: Float[Tensor, "N D"],
        x: Float[Tensor, " N *X"],
        names: Sequence[str] = ("posterior", "likelihood"),
    ) -> None:
        """Sets what is not learned (scales, regressions) of some networks from a training set."""
        if "posterior" in names and not self.posterior.fixed:
            if self.summary is not None:
                self.summary.set_from(x)
            parts = (self.context(*self.shared(part))[0] for part in x.split(ROWS))
            self.posterior.set_from(theta, torch.cat(list(parts)))
        if "likelihood" not in names or getattr(self.likelihood, "fixed", False):
            return
        if self.exchangeable:
            outcome = x.flatten(0, 1)[:, : x.shape[2] - self.design]
            self.likelihood.set_from(outcome, self.told(theta[None], x[None])[0])
        elif self.serial:
            self.likelihood.set_from(x, theta)
        else:
            self.likelihood.set_from(self._spread(x.flatten(1)), theta)

    def shared(self, *data: Tensor) -> tuple[Tensor, ...]:
        """The same rows (B, ...) for every member, as (M, B, ...), without a copy."""
        return tuple(part.expand(self.members, *part.shape) for part in data)

    def context(self, x: Float[Tensor, "M B *X"]) -> Float[Tensor, "M B C"]:
        """What the posterior flow is given of the data."""
        if not (self.exchangeable or self.serial):
            x = x.flatten(2) if self.counts is None else self.counts.seen(x.flatten(2))
            x = x if self.kept is None else x[..., at(self.places, x.device)]
        return x if self.summary is None else self.summary(x)

    def log_posterior(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B *X"]
    ) -> Float[Tensor, "M B"]:
        """log q(theta | x), in nats."""
        return self.posterior.log_prob(theta, self.context(x))

    def log_likelihood(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B *X"]
    ) -> Float[Tensor, "M B"]:
        """log q(x | theta), in nats; of exchangeable trials, their sum."""
        if self.exchangeable and isinstance(self.likelihood, Response):
            return self.likelihood.log_prob_of_sets(theta, x).to(theta)
        if self.exchangeable:
            return self.log_likelihood_of_trials(theta, x).sum(-1)
        if self.serial:
            return self.likelihood.log_prob(x, theta)
        if self.counts is None:
            return self.likelihood.log_prob(x.flatten(2), theta)
        return self._log_probability(theta, x.flatten(2))

    def _log_probability(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B X"]
    ) -> Float[Tensor, "M B"]:
        """log Q(x | theta) of counts: a bound of it at random places in training."""

        def at(place: Tensor) -> Tensor:
            y, log_det = self.counts.spread(x, place)
            return self.likelihood.log_prob(y, theta) + log_det

        if self.training:
            return at(self.counts.random_places(x))
        places = [place.to(x) for place in self.counts.fixed_places(x.shape[2])]
        return torch.stack([at(place) for place in places]).logsumexp(0) - math.log(len(places))

    def _spread(self, x: Float[Tensor, "N X"]) -> Float[Tensor, "N X"]:
        """What the likelihood flow sees of the data.

        Counts at places of their cells, not in the middle: one that is always 0 is as wide as 0 is.
        """
        if self.counts is None:
            return x
        return self.counts.spread(x, self.counts.first_places(x))[0]

    def log_likelihood_of_trials(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B T X"]
    ) -> Float[Tensor, "M B T"]:
        """log q(x_t | theta) of each trial, in nats."""
        if isinstance(self.likelihood, Response):
            return self.likelihood.log_prob_of_trials(theta, x)
        outcome = x.flatten(1, 2)[..., : x.shape[3] - self.design]
        flat = self.likelihood.log_prob(outcome, self.told(theta, x))
        return flat.unflatten(1, (-1, x.shape[2]))
