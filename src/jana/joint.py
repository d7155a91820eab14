"""The joint model: one flow for the posterior, one for the likelihood."""

from jaxtyping import Float
from torch import Tensor, nn

from .flows.flow import Flow


class Joint(nn.Module):
    """q(theta | s(x)) and q(x | theta), with a summary s that is learned with the posterior.

    Reference: Radev et al. (2023), arXiv:2302.09125, section 3.

    Args:
        posterior: Flow over theta.
        likelihood: Flow over x.
        summary: From data to the posterior's context; the data themselves by default.
    """

    def __init__(self, posterior: Flow, likelihood: Flow, summary: nn.Module | None = None):
        super().__init__()
        self.posterior = posterior
        self.likelihood = likelihood
        self.summary = summary or nn.Identity()

    @property
    def members(self) -> int:
        """How many independent pairs of networks lie side by side."""
        return len(self.posterior.project.weight)

    def parts(self) -> dict[str, nn.Module]:
        """What shares no weights, by the name of the loss that trains it."""
        return {
            "posterior": nn.ModuleList([self.posterior, self.summary]),
            "likelihood": self.likelihood,
        }

    def set_from(self, theta: Float[Tensor, "N D"], x: Float[Tensor, "N X"]) -> None:
        """Sets what is not learned (scales, linear regressions) from the training set."""
        self.posterior.set_from(theta, self.summary(x))
        self.likelihood.set_from(x, theta)

    def shared(self, *data: Tensor) -> tuple[Tensor, ...]:
        """The same rows (B, ...) for every member, as (M, B, ...), without a copy."""
        return tuple(part.expand(self.members, *part.shape) for part in data)

    def log_posterior(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B X"]
    ) -> Float[Tensor, "M B"]:
        """log q(theta | x), in nats."""
        return self.posterior.log_prob(theta, self.summary(x))

    def log_likelihood(
        self, theta: Float[Tensor, "M B D"], x: Float[Tensor, "M B X"]
    ) -> Float[Tensor, "M B"]:
        """log q(x | theta), in nats."""
        return self.likelihood.log_prob(x, theta)
