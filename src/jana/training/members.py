"""The weights of one part of the model, all members side by side, and how they move."""

import math
import warnings
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from . import stopping

# Said once of gradients that are views, as ours are on purpose; it means no error.
warnings.filterwarnings("ignore", message="grad and param do not obey the gradient layout")


BETAS = 0.9, 0.999  # Adam's


class Pace(NamedTuple):
    """How one step is to move, as numbers; or as tensors, where the step is recorded.

    Attributes:
        rate: Learning rate.
        epsilon: Adam's small constant, over the root that is corrected for bias.
    """

    rate: float | Float[Tensor, ""]
    epsilon: float | Float[Tensor, ""]


def pace(rate: float, epsilon: float, step: int) -> Pace:
    """The pace after `step` steps, of Adam as Keras has it.

    There the constant stands beside the root that is not yet corrected for bias.
    """
    return Pace(rate, epsilon / math.sqrt(1 - BETAS[1] ** (step + 1)))


class Part:
    """One part's weights as a matrix: a row per member, the module's parameters being views.

    A part is what has one gradient norm and one best epoch: a network, or both together.

    So the clipping norm, the running average and a copy are each one operation, and every
    member has its own Adam, whose step can be left out on its own.

    Attributes:
        weights: What the gradient steps move.
        average: Exponential moving average of the weights: what is validated and kept.
        best: The average at its lowest validation loss.
        best_loss: That loss, in nats; inf before the first validation.
        best_epoch: After how many epochs it was reached; 0 is before the first.
        running: Members whose patience has not run out.
        skipped: Steps left out because the loss or gradient was not finite.
        first, second: Adam's running means of the gradient and of its square.
        taken: Steps that were not left out.
    """

    def __init__(self, module: nn.Module, epsilon: float, decay: dict[nn.Parameter, Tensor]):
        parameters = list(module.parameters())
        shapes = [p.shape[1:] for p in parameters]
        self.weights = torch.cat([p.detach().flatten(1) for p in parameters], dim=1)
        self.gradient = torch.zeros_like(self.weights)
        # Before the parameters become views: by parameter, all members alike.
        nothing = self.weights.new_zeros(())
        factors = [decay.get(p, nothing).to(p).expand(p.shape[1:]).flatten() for p in parameters]
        self.pull = 2 * torch.cat(factors)  # the gradient of a weight's square, over the weight
        self.pulled = bool(self.pull.any())
        sizes = [shape.numel() for shape in shapes]
        pieces = zip(
            parameters,
            shapes,
            self.weights.split(sizes, 1),
            self.gradient.split(sizes, 1),
            strict=True,
        )
        for parameter, shape, weight, gradient in pieces:
            parameter.data = weight.unflatten(1, shape)
            parameter.grad = gradient.unflatten(1, shape)
        self.average, self.best = self.weights.clone(), self.weights.clone()
        members, device = len(self.weights), self.weights.device
        self.best_loss = torch.full((members,), float("inf"), device=device)
        self.best_epoch = torch.zeros(members, dtype=torch.long, device=device)
        self.running = torch.ones(members, dtype=torch.bool, device=device)
        self.skipped = torch.zeros(members, dtype=torch.long, device=device)
        self.epsilon = epsilon
        self.first, self.second = torch.zeros_like(self.weights), torch.zeros_like(self.weights)
        self.taken = torch.zeros(members, device=device)
        apart = 0 if device.type == "cuda" else members
        self.optimizers = [self._optimizer(member) for member in range(apart)]

    def _optimizer(self, member: int) -> torch.optim.Adam:
        """torch's own, of one member, whose state is a row of ours."""
        row = nn.Parameter(self.weights[member])
        row.grad = self.gradient[member]
        found = torch.optim.Adam([row], betas=BETAS, fused=True)
        means = {"exp_avg": self.first[member], "exp_avg_sq": self.second[member]}
        found.state[row] = {"step": self.taken[member]} | means
        return found

    def step(self, loss: Float[Tensor, " M"], pace: Pace, clip: float) -> Bool[Tensor, " M"]:
        """One Adam step of every member, each clipped to its own gradient norm.

        A member whose loss or gradient is not finite is left as it is. Nothing here waits for
        the device.

        Args:
            loss: What the gradient is of, but for weight decay, which comes here.
            pace: How to move.
            clip: Largest gradient norm.

        Returns:
            Which members were left as they are.
        """
        if self.pulled:
            self.gradient.addcmul_(self.pull, self.weights)
        norm = self.gradient.norm(dim=1)
        bad = ~(torch.isfinite(norm) & torch.isfinite(loss.detach()))
        divisors = (norm / clip).clamp(min=1)
        if self.optimizers:
            each = zip(self.optimizers, divisors, bad.float(), strict=True)
            for optimizer, divisor, skip in each:
                # The fused kernel divides by the one and skips on the other.
                optimizer.grad_scale, optimizer.found_inf = divisor, skip
                optimizer.param_groups[0].update(lr=pace.rate, eps=pace.epsilon)
                optimizer.step()
        else:
            self._move(divisors, bad, pace)
        self.gradient.zero_()
        return bad

    def _move(self, divisors: Tensor, bad: Tensor, pace: Pace) -> None:
        """The same step of all members at once, with a pace that may be a tensor.

        torch's fused kernel takes numbers only, which a recorded step would repeat for ever.
        """
        kept, gradient = bad[:, None], self.gradient / divisors[:, None]
        gradient = torch.where(kept, 0.0, gradient)
        self.taken += ~bad
        self.first.copy_(torch.where(kept, self.first, self.first.lerp(gradient, 1 - BETAS[0])))
        square = torch.where(kept, self.second, self.second.lerp(gradient.square(), 1 - BETAS[1]))
        self.second.copy_(square)
        rest = [1 - beta ** self.taken[:, None].clamp(min=1) for beta in BETAS]
        ahead = (self.first / rest[0]) / ((self.second / rest[1]).sqrt() + pace.epsilon)
        self.weights.sub_(torch.where(kept, 0.0, pace.rate * ahead))

    def follow(self, keep: float) -> None:
        """Moves the running average towards the weights."""
        self.average.lerp_(self.weights, 1 - keep)

    def judge(self, loss: Float[Tensor, " M"], epoch: int, patience: int | None) -> None:
        """Takes the validation loss of the average after `epoch` epochs.

        Without a patience, the last epoch counts as the best.
        """
        if patience is None:
            self.best_loss, self.best_epoch = loss.clone(), torch.full_like(self.best_epoch, epoch)
            self.best.copy_(self.average)
            return
        better = stopping.improved(self.best_loss, loss, self.running)
        self.best_loss = torch.where(better, loss, self.best_loss)
        self.best_epoch = torch.where(better, epoch, self.best_epoch)
        self.best[better] = self.average[better]
        self.running &= ~stopping.exhausted(self.best_epoch, epoch, patience)

    def state(self) -> dict:
        """All that a resumed run needs, to go on as if it had not been stopped."""
        return {name: getattr(self, name) for name in STATE}

    def restore(self, state: dict) -> None:
        """Goes back to what `state` returned."""
        for name in STATE:
            getattr(self, name).copy_(state[name])


STATE = (
    *("weights", "average", "best", "best_loss", "best_epoch", "running", "skipped"),
    *("first", "second", "taken"),
)


class using:
    """Within the block the parts compute with their `name` ("average") for weights."""

    def __init__(self, parts: dict[tuple[str, ...], Part], name: str):
        self.parts, self.name = parts, name

    def __enter__(self) -> None:
        self.kept = {key: part.weights.clone() for key, part in self.parts.items()}
        for part in self.parts.values():
            part.weights.copy_(getattr(part, self.name))

    def __exit__(self, *_: object) -> None:
        for key, part in self.parts.items():
            part.weights.copy_(self.kept[key])
