"""What all methods of `sbi` share: its prior, its training, its sampler, and no files of it."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ..rng import lent
from ..simulators.base import Prior
from .method import Drawn

if TYPE_CHECKING:
    from sbi.inference import NeuralInference
    from sbi.inference.posteriors import MCMCPosterior
    from sbi.utils import BoxUniform


@dataclass(frozen=True)
class Schedule:
    """How sbi trains a network.

    Attributes:
        batch: Data sets per step.
        rate: Adam's.
        epochs: Of each round, at most; None for no limit.
        patience: Epochs without a better validation loss, after which a round's training stops.
        validation: Share of each round's simulations that is held out.
        clip: Largest gradient norm.
    """

    batch: int
    rate: float
    epochs: int | None
    patience: int
    validation: float
    clip: float

    def arguments(self) -> dict[str, Any]:
        """Those of sbi's `train`, which counts epochs from 0 to the largest, both included."""
        return {
            "training_batch_size": self.batch,
            "learning_rate": self.rate,
            "max_num_epochs": 2**31 - 1 if self.epochs is None else self.epochs - 1,
            "stop_after_epochs": self.patience,
            "validation_fraction": self.validation,
            "clip_max_norm": self.clip,
        }


@dataclass(frozen=True)
class Sampler:
    """How sbi draws from a likelihood or ratio network's posterior: by slices.

    Attributes:
        vectorized: Whether chains are moved at once, and not one after another.
        chains: How many. A chain rarely leaves the mode that it starts on.
        warmup: Draws of each chain that are left out.
        thin: Every so many-th draw of a chain is kept.
        candidates: Prior draws that each chain's start is chosen from, by their density.
    """

    vectorized: bool
    chains: int
    warmup: int
    thin: int
    candidates: int

    def parameters(self) -> Any:
        """As sbi takes them."""
        from sbi.inference.posteriors import MCMCPosteriorParameters

        return MCMCPosteriorParameters(
            method="slice_np_vectorized" if self.vectorized else "slice_np",
            num_chains=self.chains,
            warmup_steps=self.warmup,
            thin=self.thin,
            init_strategy="resample",
            init_strategy_parameters={"num_candidate_samples": self.candidates},
        )


def ready() -> None:
    """Imports sbi, which takes seconds that are no method's: before any clock runs."""
    import sbi.inference
    import sbi.neural_nets  # noqa: F401


class Silent:
    """sbi's tracker of a training run, without the folder that its own one writes."""

    log_dir = None

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def box(prior: Prior) -> "BoxUniform":
    """A uniform prior, as sbi takes it.

    Raises:
        ValueError: If the prior is not uniform on a box.
    """
    from sbi.utils import BoxUniform

    width = prior.high - prior.low
    middle = prior.log_prob((prior.low + width / 2)[None])
    if not (width.isfinite().all() and torch.allclose(middle, -width.log().sum())):
        raise ValueError(
            "the methods of sbi are compared under a uniform prior on a box, but this task's is "
            "another: leave it out of comparison.tasks"
        )
    return BoxUniform(prior.low, prior.high)


def trained(trainer: "NeuralInference", schedule: Schedule, **more: object) -> Any:
    """The network after one more round of training; what sbi warns of on the way is no news."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return trainer.train(**schedule.arguments(), **more)


def sampled(posterior: "MCMCPosterior", rng: Generator, x: Float[Tensor, " X"], n: int) -> Drawn:
    """`n` draws of a posterior that sbi samples within the prior's support.

    Raises:
        ValueError: If a draw is not finite.
    """
    with lent(rng), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draws = posterior.sample((n,), x=x[None], show_progress_bars=False)
    if not draws.isfinite().all():
        raise ValueError("the sampler needs finite draws, but some are not: look at the network")
    return Drawn(draws.detach().float(), None)


def epochs(trainer: "NeuralInference", schedule: Schedule) -> dict[str, float]:
    """How many there were, in all rounds; the share of rounds that the largest number ended."""
    done = trainer.summary["epochs_trained"]
    capped = sum(number == schedule.epochs for number in done)
    return {"epochs": float(sum(done)), "capped": capped / len(done)}
