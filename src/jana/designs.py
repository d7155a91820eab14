"""What a design says of networks and training, as a configuration entry has it: no network yet."""

from dataclasses import dataclass

from .simulators.base import Simulator
from .training.fit import Training


@dataclass(frozen=True)
class NetSettings:
    """The networks of all couplings of one kind.

    Attributes:
        hidden: Widths of the hidden layers.
        dropout: Share of the hidden features left out in training.
        decay: Weight of the sum of squared hidden weights in the loss.
        bins: Of each spline.
        bound: Half width of the splines' box, in the units of what the flow sees.
    """

    hidden: tuple[int, ...]
    dropout: float = 0.0
    decay: float = 0.0
    bins: int = 8
    bound: float = 5.0


@dataclass(frozen=True)
class FlowSettings:
    """The shape of one flow.

    Attributes:
        kit: "own", or "published" for the paper's layers.
        warps: A letter for each layer that learns, from data to latent: G (our kit's only) a
            Gaussian of all coordinates, A an affine and S a spline two-sided coupling.
        nets: Their networks, by letter. Where outcomes are 0 or 1, their one network is the first
            letter's.
        activation: Of the hidden layers.
        mixing: What stands before each coupling but (in our own kit) the first: "none",
            "permutation" (fixed) or "learned".
        act_norm: Whether a learned scale and shift stands before each coupling.
        latent_df: Degrees of freedom of a Student-t latent; None for a normal one.
        start: "regression"; "scale": the target's own mean and standard deviation are taken out,
            and no more; or "none": data and context are only divided by constants.
        bounded: Whether the flow keeps to the target's bounds.
        scale: What the target is divided by where nothing is regressed.
        context_scale: What the context is divided by there.
        soft: Of outcomes that are 0 or 1, whether a soft flow stands for their probabilities.
        state: Of series, features of the recurrent network that the likelihood's steps are told.
        dummy: Whether the flow has a coordinate more than its target, as couplings need two.
    """

    kit: str
    warps: str
    nets: dict[str, NetSettings]
    activation: str
    mixing: str
    act_norm: bool
    latent_df: int | None
    start: str
    bounded: bool
    scale: float = 1.0
    context_scale: float = 1.0
    soft: bool = False
    state: int = 0
    dummy: bool = False

    @classmethod
    def from_config(cls, entry: dict) -> "FlowSettings":
        """Of a configuration entry that has passed the schema."""
        nets = {
            letter: NetSettings(**{**net, "hidden": tuple(net["hidden"])})
            for letter, net in entry["nets"].items()
        }
        return cls(**{**entry, "nets": nets})


@dataclass(frozen=True)
class SummarySettings:
    """The summary network: in our kit, of exchangeable trials and of series only.

    Attributes:
        hidden: Widths of the hidden layers of its networks.
        features: Number of learned features.
        kit: "own", or "published" for the paper's: of trials, or of data as one vector.
        dropout: Of the paper's network of one vector: share of the hidden features left out.
        scale: What the paper's networks divide the data by.
        penalty: Weight of the features' distance from normal ones, in the posterior's loss.
        count: Of trials, whether the paper's hands on the log of their number; ours always does.
    """

    hidden: tuple[int, ...]
    features: int
    kit: str = "own"
    dropout: float = 0.0
    scale: float = 1.0
    penalty: float = 0.0
    count: bool = False


@dataclass(frozen=True)
class Apart:
    """What the likelihood network learns from alone, and how.

    Attributes:
        task: Another simulator, of the same data and parameters.
        training: How.
    """

    task: str
    training: Training


@dataclass(frozen=True)
class Design:
    """A pair of networks and how it is trained.

    Attributes:
        posterior: Its flow.
        likelihood: Its flow.
        training: How.
        summary: The summary network, if there is one.
        screen: Whether numbers of the data that tell nothing of the parameters are kept from the
            posterior network, and have a density of their own beside the likelihood network.
        flat: Whether exchangeable trials are taken as one vector, as if their order mattered.
        shared: Whether the likelihood network is one of the summary, not of the data. The summary
            network then learns from both losses where both networks are trained `together`, and
            from the posterior's alone elsewhere.
        apart: The likelihood network's own training set and training, if it has any.
    """

    posterior: FlowSettings
    likelihood: FlowSettings
    training: Training
    summary: SummarySettings | None = None
    screen: bool = False
    flat: bool = False
    shared: bool = False
    apart: Apart | None = None

    @classmethod
    def from_config(cls, entry: dict) -> "Design":
        """Of a configuration entry that has passed the schema."""
        flows = {
            name: FlowSettings.from_config(entry[name]) for name in ("posterior", "likelihood")
        }
        summary = entry.get("summary")
        if summary:
            summary = SummarySettings(**{**summary, "hidden": tuple(summary["hidden"])})
        training = Training(**entry["training"])
        said = {name: entry[name] for name in ("screen", "flat", "shared") if name in entry}
        apart = entry.get("apart")
        if apart:
            apart = Apart(apart["task"], Training(**apart["training"]))
        return cls(**flows, training=training, summary=summary, apart=apart, **said)

    def epochs(self) -> dict[str, int]:
        """How many passes there are at most, by network."""
        own = self.training if self.apart is None else self.apart.training
        return {"posterior": self.training.last, "likelihood": own.of_likelihood}

    def exchangeable(self, simulator: Simulator) -> bool:
        """Whether the networks take a simulator's data as trials whose order does not matter."""
        return simulator.exchangeable and not self.flat
