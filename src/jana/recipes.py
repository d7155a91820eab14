"""From configuration entries to objects: the only part that knows all others by name."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn

from . import series, simulators
from .designs import Design, FlowSettings
from .flows.bernoulli import Bernoulli
from .flows.counts import TOP, Counts
from .flows.product import Product
from .flows.response import Response
from .flows.soft import Soft
from .flows.spline import Spline
from .inference import refine
from .io import checkpoints
from .joint import Joint
from .kits import build_flow, generators, style
from .networks.deep_set import DeepSet
from .networks.mlp import Style
from .networks.published import PaperDeepSet, Perceptron
from .networks.responses import Responses
from .networks.screen import telling
from .shared import SharedSummary
from .simulators.base import Simulator


def screened(
    design: Design, simulator: Simulator, theta: Float[Tensor, "N D"], x: Float[Tensor, " N *X"]
) -> Bool[Tensor, " X"] | None:
    """Which numbers of the data tell of the parameters; None for all, or where none is screened."""
    if not design.screen or design.exchangeable(simulator) or simulator.x_serial:
        return None
    kept = telling(x.flatten(1), theta)
    return None if kept.all() or not kept.any() else kept


def build_joint(
    design: Design,
    simulator: Simulator,
    x_shape: tuple[int, ...],
    seeds: Sequence[int],
    kept: Bool[Tensor, " X"] | None = None,
) -> Joint:
    """The pair of networks for a simulator, with a member for each seed.

    Every network of every member has its own generator, so that neither the other network
    nor the other members move its initial weights.

    Args:
        design: Of both networks.
        simulator: What they are to learn.
        x_shape: Of one data set.
        seeds: One per member.
        kept: From `screened`.

    Raises:
        ValueError: If the data are exchangeable and the design has no summary network; or if the
            likelihood is to be one of the summary, and there is none that can be shared.
    """
    prior, counts, exchangeable = simulator.prior, None, design.exchangeable(simulator)
    trial = x_shape[1:] if exchangeable else x_shape
    x_high = torch.full((math.prod(trial),), torch.inf)
    x_low = torch.full_like(x_high, simulator.x_low)
    context = x_low, x_high
    if kept is not None:
        context = x_low[kept], x_high[kept]
    if simulator.x_counts is not None and design.likelihood.bounded:
        counts = Counts(simulator.x_counts)
        x_low, x_high = torch.zeros_like(x_high), torch.full_like(x_high, TOP)
    capped = _capped(design, simulator)
    if simulator.x_serial:
        return series.build_joint(design, simulator, x_shape, seeds)
    summary = _summary(generators(seeds, "weights", "summary"), design, simulator, context)
    if summary is not None:
        edge = torch.full((summary.size,), torch.inf)
        context = -edge, edge
    told = prior.low, prior.high
    rngs = {part: generators(seeds, "weights", part) for part in ("posterior", "likelihood")}
    posterior = build_flow(rngs["posterior"], design.posterior, told, context, capped)
    if design.shared:
        _check_shared(design, summary)
        likelihood = build_flow(rngs["likelihood"], design.likelihood, context, told)
        how = {"exchangeable": exchangeable, "both": design.training.together}
        return SharedSummary(posterior, likelihood, x_shape, summary, **how)
    if simulator.x_binary and design.likelihood.soft:
        edge = torch.full((2 + len(told[0]) + simulator.x_design + 1,), torch.inf)
        given = -edge[2:], edge[2:]
        flow = build_flow(rngs["likelihood"], design.likelihood, (-edge[:2], edge[:2]), given)
        likelihood = Soft(flow)
    elif simulator.x_binary:
        how = style(design.likelihood, design.likelihood.warps[0])
        likelihood = Bernoulli(rngs["likelihood"], told, simulator.x_design, how)
    elif capped is not None:
        likelihood = _response(rngs["likelihood"], design.likelihood, told, capped)
    elif kept is None:
        likelihood = build_flow(rngs["likelihood"], design.likelihood, (x_low, x_high), told)
    else:
        nothing = told[0][:0], told[1][:0]
        each = [
            ((x_low[which], x_high[which]), given)
            for which, given in ((kept, told), (~kept, nothing))
        ]
        flows = [build_flow(rngs["likelihood"], design.likelihood, *edges) for edges in each]
        likelihood = Product(*flows, kept)
    given = summary, counts, simulator.x_design, kept, exchangeable
    return Joint(posterior, likelihood, x_shape, *given)


def untrained(
    design: Design, simulator: Simulator, pairs: tuple[Tensor, Tensor], seeds: Sequence[int]
) -> Joint:
    """As `build_joint`, for data such as the theta and x of `pairs`, which are screened.

    Raises:
        ValueError: As `build_joint`, or if a network is to learn apart from a simulator of other
            parameters or data.
    """
    if design.apart is not None:
        _same_kind(simulator, design.apart.task)
    kept = screened(design, simulator, *pairs)
    return build_joint(design, simulator, tuple(pairs[1].shape[1:]), seeds, kept)


def _same_kind(simulator: Simulator, name: str) -> None:
    """Refuses another simulator that has not the same parameters and data."""
    other = simulators.get(name)
    for what in ("theta_names", "x_axes", "x_shift", "x_design", "x_binary", "x_counts", "x_low"):
        wanted, found = getattr(simulator, what), getattr(other, what)
        if wanted != found:
            raise ValueError(
                f"a likelihood network learns apart from a simulator with the same {what}, {wanted}"
                f", but that of {name} is {found}: name another task in `apart`"
            )


def choose_pooling(
    model: Joint,
    design: Design,
    simulator: Simulator,
    seeds: Sequence[int],
    theta: Float[Tensor, "B D"],
    x: Float[Tensor, " B *X"],
) -> None:
    """Fixes how refined draws pool both networks, by validation pairs of the budget.

    Where a design holds none out, nothing is fixed; nor of series, whose draws nothing refines. The
    pairs may be on any device.
    """
    if design.training.validation and not simulator.x_serial:
        rngs = generators(seeds, "pooling")
        held_out = theta.cpu(), x.cpu()
        model.pooling.copy_(refine.pooling(model, rngs, simulator.prior.log_prob, *held_out))


def _summary(
    rngs: Sequence[Generator],
    design: Design,
    simulator: Simulator,
    bounds: tuple[Float[Tensor, " X"], Float[Tensor, " X"]],
) -> nn.Module | None:
    """The summary network, if the design has one that is for such data."""
    settings, size, exchangeable = design.summary, len(bounds[0]), design.exchangeable(simulator)
    capped = _capped(design, simulator)
    if settings is None:
        if exchangeable:
            raise ValueError(
                "exchangeable trials need a summary network, but the design has none: give it an "
                "entry `summary`"
            )
        return None
    shape = settings.hidden, settings.features
    if settings.kit == "published":
        if exchangeable:
            return PaperDeepSet(rngs, size, *shape, settings.scale, settings.count)
        return Perceptron(rngs, size, *shape, settings.dropout, settings.scale)
    if not exchangeable:
        return None
    learned = settings.features, Style(settings.hidden)
    if capped is not None:
        edges = float(simulator.prior.low[capped]), float(simulator.prior.high[capped])
        return Responses(rngs, *edges, *learned)
    return DeepSet(rngs, bounds, *learned)


def _check_shared(design: Design, summary: nn.Module | None) -> None:
    """Refuses a summary whose features have no density, as those that our own kit hands on."""
    if summary is None or design.summary.kit != "published" or design.summary.count:
        came = (
            "none" if summary is None else "one that hands on other numbers, as our own kit's does"
        )
        raise ValueError(
            "a likelihood of the summary (shared: true) needs a summary network all of whose "
            f"features are learned, but the design has {came}: give it `summary: {{kit: "
            "published, ...}`"
        )


def _capped(design: Design, simulator: Simulator) -> int | None:
    """The place of the parameter that response times bound, where the networks know of it."""
    bounded = design.posterior.bounded and design.likelihood.bounded
    own = design.summary is not None and design.summary.kit == "own"
    own &= not (design.posterior.dummy or design.likelihood.dummy)
    return simulator.x_shift if bounded and own and design.exchangeable(simulator) else None


def _response(
    rngs: Sequence[Generator], settings: FlowSettings, told: tuple[Tensor, Tensor], shift: int
) -> Response:
    """The likelihood of response times; its affine map stands for the Gaussian layers."""
    splines = [settings.nets[letter] for letter in settings.warps if letter == "S"]
    warps = [Spline(net.bins, net.bound) for net in splines]
    return Response(rngs, told, shift, warps, style(settings, settings.warps[-1]))


def restored(
    entry: dict,
    simulator: Simulator,
    x_shape: tuple[int, ...],
    state: dict[str, Tensor],
    wanted: str,
) -> Joint:
    """A trained pair of networks, ready to use.

    Args:
        entry: The design's configuration entry.
        simulator: What the networks were trained on.
        x_shape: Of one data set.
        state: The model's state dict.
        wanted: Device: auto, cpu or cuda.

    Raises:
        ValueError: If the state does not fit the settings.
    """
    members = len(state["posterior.project.weight"])
    design, kept = Design.from_config(entry), state.get("kept")
    model = build_joint(design, simulator, x_shape, range(members), kept)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(
            f"the weights must fit the design in the configuration, but {error}: train again"
        ) from error
    return model.eval().requires_grad_(False).to(device(wanted))


def trained(
    path: Path | str,
    entry: dict,
    simulator: Simulator,
    x: Float[Tensor, " B *X"],
    wanted: str,
) -> Joint:
    """The pair of networks whose weights lie at `path`, for data like `x`; as `restored`.

    Raises:
        ValueError: If they were trained under other settings, or do not fit.
    """
    saved = checkpoints.load(path, entry)
    return restored(entry, simulator, tuple(x.shape[1:]), saved, wanted)


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
    # As for matrix products by default: 10 bits of a product's 23 are not enough for a density.
    torch.backends.cudnn.allow_tf32 = False
    return torch.device(wanted)


def describe(model: Joint) -> str:
    """What the model runs on, in words, for the provenance."""
    where = next(model.parameters()).device
    if where.type == "cuda":
        return torch.cuda.get_device_name(where)
    return f"cpu, {torch.get_num_threads()} thread(s)"
