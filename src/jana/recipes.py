"""From configuration entries to objects: the only part that knows all others by name."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from .flows.coupling import Coupling, Elementwise
from .flows.flow import Flow
from .flows.mixing import ActNorm, Mixing, Permutation
from .flows.spline import Spline
from .flows.support import Support
from .flows.warps import Affine, Warp
from .joint import Joint
from .provenance import seed_of
from .rng import generator
from .simulators.base import Simulator
from .training.fit import Training

MIXINGS = {"none": (), "permutation": (Permutation,), "learned": (Permutation, Mixing)}


@dataclass(frozen=True)
class FlowSettings:
    """The shape of one flow.

    Attributes:
        layers: Number of two-sided couplings (element-wise warps where the target has one
            dimension).
        warp: "affine" or "spline".
        bins: Of each spline.
        bound: Splines act on [-bound, bound], in standard deviations of the residual of a
            linear regression on the context.
        hidden: Widths of the hidden layers of each network.
        mixing: Between layers: "none", "permutation" (fixed) or "learned".
        act_norm: Whether a learned scale and shift stands before each layer.
    """

    layers: int
    warp: str
    bins: int
    bound: float
    hidden: tuple[int, ...]
    mixing: str
    act_norm: bool


@dataclass(frozen=True)
class Design:
    """A pair of networks and how it is trained."""

    posterior: FlowSettings
    likelihood: FlowSettings
    training: Training

    @classmethod
    def from_config(cls, entry: dict) -> "Design":
        """Of a configuration entry that has passed the schema."""
        flows = {
            name: FlowSettings(**{**entry[name], "hidden": tuple(entry[name]["hidden"])})
            for name in ("posterior", "likelihood")
        }
        return cls(**flows, training=Training(**entry["training"]))


def warp(settings: FlowSettings) -> Warp:
    """The warp that the settings name."""
    return {"affine": Affine(), "spline": Spline(settings.bins, settings.bound)}[settings.warp]


def build_flow(
    rngs: Sequence[Generator], settings: FlowSettings, support: Support, context: int
) -> Flow:
    """A flow that starts as its whitening alone."""
    dim = len(support.low)
    core = Coupling if dim > 1 else Elementwise
    layers: list[nn.Module] = []
    for index in range(settings.layers):
        if settings.act_norm:
            layers.append(ActNorm(rngs, dim))
        if dim > 1 and index:
            layers += [mixing(rngs, dim) for mixing in MIXINGS[settings.mixing]]
        layers.append(core(rngs, dim, warp(settings), settings.hidden))
    return Flow(rngs, support, context, layers)


def build_joint(design: Design, simulator: Simulator, x_dim: int, seeds: Sequence[int]) -> Joint:
    """The pair of networks for a simulator, with a member for each seed.

    Every network of every member has its own generator, so that neither the other network
    nor the other members move its initial weights.
    """
    prior = simulator.prior
    x_edge = torch.full((x_dim,), torch.inf)
    supports = {
        "posterior": Support(prior.low, prior.high),
        "likelihood": Support(-x_edge, x_edge),
    }
    contexts = {"posterior": x_dim, "likelihood": len(simulator.theta_names)}
    return Joint(
        **{
            name: build_flow(
                generators(seeds, "weights", name),
                getattr(design, name),
                supports[name],
                contexts[name],
            )
            for name in supports
        }
    )


def restored(entry: dict, simulator: Simulator, state: dict[str, Tensor], wanted: str) -> Joint:
    """A trained pair of networks, ready to use.

    Args:
        entry: The design's configuration entry.
        simulator: What the networks were trained on.
        state: The model's state dict.
        wanted: Device: auto, cpu or cuda.

    Raises:
        ValueError: If the state does not fit the settings.
    """
    members = len(state["posterior.project.weight"])
    x_dim = len(state["likelihood.whitening.offset"])
    model = build_joint(Design.from_config(entry), simulator, x_dim, range(members))
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(
            f"the weights must fit the design in the configuration, but {error}: train again"
        ) from error
    return model.eval().requires_grad_(False).to(device(wanted))


def generators(seeds: Sequence[int], *name: object) -> list[Generator]:
    """One generator per member, for the purpose that `name` says."""
    return [generator(seed_of(seed, *name)) for seed in seeds]


def device(wanted: str) -> torch.device:
    """The device that `auto`, `cpu` or `cuda` stands for here.

    Raises:
        ValueError: If CUDA is wanted and there is none.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "device: cuda needs an NVIDIA GPU that PyTorch can use, but torch.cuda.is_available() "
            "is False here: set device: auto or cpu, or install a CUDA build of torch"
        )
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def describe(model: Joint) -> str:
    """What the model runs on, in words, for the provenance."""
    where = next(model.parameters()).device
    if where.type == "cuda":
        return torch.cuda.get_device_name(where)
    return f"cpu, {torch.get_num_threads()} thread(s)"
