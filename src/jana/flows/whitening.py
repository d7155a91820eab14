"""What a linear regression on the context explains, taken out before anything is learned."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Whitening(nn.Module):
    """z = (x - c A - b) W, where the residual of x on the context c becomes white.

    A, b and W are set once, in closed form, from the training data, and are the same for all
    members: the flow then starts as the best Gaussian with a linear mean, and its layers learn
    only what that misses. W turns onto the residual's principal axes, the widest first.

    Args:
        dim: Number of coordinates D.
        context: Number of context features C; 0 for none.
    """

    def __init__(self, dim: int, context: int):
        super().__init__()
        self.register_buffer("slope", torch.zeros(context, dim))
        self.register_buffer("offset", torch.zeros(dim))
        self.register_buffer("whiten", torch.eye(dim))
        self.register_buffer("colour", torch.eye(dim))
        self.register_buffer("log_det", torch.zeros(()))

    @torch.no_grad()
    def set_from(self, x: Float[Tensor, "N D"], context: Float[Tensor, "N C"]) -> None:
        """Fits the regression by least squares; needs more rows than context features."""
        x, context = x.double(), context.double()
        design = torch.cat([context, torch.ones_like(x[:, :1])], -1)
        # By singular values, so that context features that depend on each other do no harm.
        fitted = torch.linalg.lstsq(design.cpu(), x.cpu(), driver="gelsd").solution.to(x)
        residual = x - design @ fitted
        sd, axes = _principal_axes(residual)
        self.slope.copy_(fitted[:-1])
        self.offset.copy_(fitted[-1])
        self.whiten.copy_(axes / sd)
        self.colour.copy_((axes * sd).mT)
        self.log_det.copy_(-sd.log().sum())

    def rescale(self, scale: float) -> None:
        """Divides by a constant instead."""
        eye = torch.eye(len(self.offset)).to(self.whiten)
        self.whiten.copy_(eye / scale)
        self.colour.copy_(eye * scale)
        self.log_det.fill_(-len(self.offset) * math.log(scale))

    def standardize(self, x: Float[Tensor, "N D"]) -> None:
        """Shifts and scales each coordinate instead."""
        mean, sd = x.mean(0), x.std(0).clamp(min=1e-6)
        self.offset.copy_(mean)
        self.whiten.copy_(torch.diag(1 / sd))
        self.colour.copy_(torch.diag(sd))
        self.log_det.copy_(-sd.log().sum())

    def forward(
        self, x: Float[Tensor, "M B D"], context: Float[Tensor, "M B C"]
    ) -> tuple[Float[Tensor, "M B D"], Float[Tensor, "M B"]]:
        """Maps x to z; also log |det dz/dx|."""
        z = (x - context @ self.slope - self.offset) @ self.whiten
        return z, self.log_det.expand(x.shape[:2])

    def inverse(
        self, z: Float[Tensor, "M B D"], context: Float[Tensor, "M B C"]
    ) -> tuple[Float[Tensor, "M B D"], Float[Tensor, "M B"]]:
        """Maps z back to x; also log |det dx/dz|."""
        x = z @ self.colour + context @ self.slope + self.offset
        return x, -self.log_det.expand(z.shape[:2])


def _principal_axes(
    residual: Float[Tensor, "N D"],
) -> tuple[Float[Tensor, " D"], Float[Tensor, "D D"]]:
    """Standard deviations, widest first, and orthonormal columns along which they are taken."""
    covariance = residual.mT.cpu() @ residual.cpu() / len(residual)
    variance, axes = torch.linalg.eigh(covariance)
    variance, axes = variance.flip(0), axes.flip(1)
    largest = axes.take_along_dim(axes.abs().argmax(0, keepdim=True), 0)
    # A residual without spread along some axis (x known from the context) is left a little.
    sd = variance.clamp(min=1e-8 * variance[0].clamp(min=1e-30)).sqrt()
    return sd.to(residual), (axes * largest.sign()).to(residual)
