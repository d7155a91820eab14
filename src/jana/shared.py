"""The joint model whose networks see the data through one summary, both of them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .joint import ROWS, Joint

BLUR = 0.1  # standard deviation of the noise on features, whose own is near 1


class SharedSummary(Joint):
    """q(theta | s(x)) and q(s(x) | theta), where `Joint` has q(x | theta).

    The likelihood is that of the summary's features: it can correct the posterior flow, and its
    gradient can reach the summary network, but it makes no data and knows no single trial.

    In training noise is added to the features that the likelihood flow sees. Without it a summary
    that is learned for it too could make its density grow without end: with features that are
    copies of each other, or tell nothing and hardly vary.

    As `Joint`, with a summary network.

    Attributes:
        both: Whether the summary network learns from the likelihood's loss too.
    """

    def __init__(self, *parts: object, both: bool, **named: object):
        super().__init__(*parts, **named)
        self.both = both

    @torch.no_grad()
    def set_from(
        self,
        theta: Float[Tensor, "N D"],
        x: Float[Tensor, " N *X"],
        names: Sequence[str] = ("posterior", "likelihood"),
    ) -> None:
        """As `Joint.set_from`: flows start as regressions on the features of a new summary."""
        features = torch.cat([self.context(*self.shared(part))[0] for part in x.split(ROWS)])
        if "posterior" in names:
            self.posterior.set_from(theta, features)
        if "likelihood" in names:
            self.likelihood.set_from(features, theta)

    def log_likelihood_of_features(
        self, theta: Float[Tensor, "M B D"], features: Float[Tensor, "M B C"]
    ) -> Float[Tensor, "M B"]:
        """log q(s | theta), in nats; in training, of s with noise."""
        if self.training:
            rngs = self.likelihood.masks.rngs
            noise = torch.stack([torch.randn(features.shape[1:], generator=rng) for rng in rngs])
            features = features + BLUR * noise.to(features)
        return self.likelihood.log_prob(features, theta)

    def log_likelihood(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B *X"]
    ) -> Float[Tensor, "M B"]:
        """log q(s(x) | theta), in nats."""
        return self.log_likelihood_of_features(theta, self.context(x))

    def log_likelihood_of_trials(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B T X"]
    ) -> Float[Tensor, "M B T"]:
        """There is none.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            "a trial's likelihood needs a likelihood network of the data, but this one is of their "
            "summary: use a design without `shared: true`"
        )

    def surrogate(
        self,
        rngs: Sequence[Generator],
        theta: Float[Tensor, "M B D"],
        x: Float[Tensor, "M B *X"],
    ) -> Float[Tensor, "M B *X"]:
        """There is none.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            "surrogate data need a likelihood network of the data, but this one is of their "
            "summary: use a design without `shared: true`"
        )
