"""The joint model: one flow for the posterior, one for the likelihood."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from .flows.flow import Flow

ROWS = 1000  # of draws made at once: they stay in a CPU's cache


class Joint(nn.Module):
    """q(theta | s(x)) and q(x | theta), with a summary s that is learned with the posterior.

    Data with a summary are exchangeable trials: the likelihood flow is that of one trial, and
    a data set may have any number T of them. Other data are flattened for both flows.

    Reference: Radev et al. (2023), arXiv:2302.09125, section 3.

    Args:
        posterior: Flow over theta.
        likelihood: Flow over x, or over one trial of it.
        x_shape: Of one data set, trials first where they are exchangeable.
        summary: From exchangeable trials to the posterior's context.
    """

    def __init__(
        self,
        posterior: Flow,
        likelihood: Flow,
        x_shape: tuple[int, ...],
        summary: nn.Module | None = None,
    ):
        super().__init__()
        self.posterior = posterior
        self.likelihood = likelihood
        self.x_shape = x_shape
        self.summary = summary

    @property
    def members(self) -> int:
        """How many independent pairs of networks lie side by side."""
        return len(self.posterior.project.weight)

    @property
    def exchangeable(self) -> bool:
        """Whether data are trials whose order does not matter."""
        return self.summary is not None

    def parts(self) -> dict[str, nn.Module]:
        """What shares no weights, by the name of the loss that trains it."""
        learned = [self.posterior] if self.summary is None else [self.posterior, self.summary]
        return {"posterior": nn.ModuleList(learned), "likelihood": self.likelihood}

    def compiled(self, wanted: bool) -> None:
        """Whether couplings are compiled in training."""
        self.posterior.compiled = self.likelihood.compiled = wanted

    def decay(self) -> dict[nn.Parameter, Float[Tensor, "..."]]:
        """The factor of each hidden weight's square in the loss; see `Flow.decay`."""
        return self.posterior.decay() | self.likelihood.decay()

    @torch.no_grad()
    def surrogate(
        self, rngs: Sequence[Generator], theta: Float[Tensor, "M B D"]
    ) -> Float[Tensor, "M B *X"]:
        """A data set of the likelihood network for each theta, each member's its own."""
        trials = self.x_shape[0] if self.exchangeable else 1
        noise = self.likelihood.noise(rngs, theta.shape[1], trials).to(theta)
        rows = max(1, ROWS // trials)
        pieces = zip(noise.split(rows, 1), theta.split(rows, 1), strict=True)
        made = [self.likelihood.sample(*piece).draws for piece in pieces]
        return torch.cat(made, 1).reshape(*theta.shape[:2], *self.x_shape)

    def set_from(self, theta: Float[Tensor, "N D"], x: Float[Tensor, " N *X"]) -> None:
        """Sets what is not learned (scales, regressions) from the training set."""
        if self.summary is None:
            self.posterior.set_from(theta, x.flatten(1))
            self.likelihood.set_from(x.flatten(1), theta)
        else:
            self.summary.set_from(x)
            self.posterior.set_from(theta, self.summary(x[None].expand(self.members, *x.shape))[0])
            self.likelihood.set_from(x.flatten(0, 1), theta.repeat_interleave(x.shape[1], 0))

    def shared(self, *data: Tensor) -> tuple[Tensor, ...]:
        """The same rows (B, ...) for every member, as (M, B, ...), without a copy."""
        return tuple(part.expand(self.members, *part.shape) for part in data)

    def context(self, x: Float[Tensor, "M B *X"]) -> Float[Tensor, "M B C"]:
        """What the posterior flow is given of the data."""
        return x.flatten(2) if self.summary is None else self.summary(x)

    def log_posterior(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B *X"]
    ) -> Float[Tensor, "M B"]:
        """log q(theta | x), in nats."""
        return self.posterior.log_prob(theta, self.context(x))

    def log_likelihood(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B *X"]
    ) -> Float[Tensor, "M B"]:
        """log q(x | theta), in nats; of exchangeable trials, their sum."""
        if self.summary is None:
            return self.likelihood.log_prob(x.flatten(2), theta)
        return self.log_likelihood_of_trials(theta, x).sum(-1)

    def log_likelihood_of_trials(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B T X"]
    ) -> Float[Tensor, "M B T"]:
        """log q(x_t | theta) of each trial, in nats."""
        trials = x.shape[2]
        flat = self.likelihood.log_prob(x.flatten(1, 2), theta.repeat_interleave(trials, 1))
        return flat.unflatten(1, (-1, trials))
