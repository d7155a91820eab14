"""NUTS draws of a Stan posterior: by nutpie, or by CmdStan where that is the toolchain."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from .model import Model


@dataclass(frozen=True)
class Settings:
    """How long and how carefully to sample.

    Attributes:
        chains: Number of chains.
        warmup: Draws of each chain that adapt it and are dropped.
        draws: Draws of each chain that are kept.
        accept: Average acceptance that the step size is adapted to.
    """

    chains: int = 4
    warmup: int = 1000
    draws: int = 1000
    accept: float = 0.8


class Draws(NamedTuple):
    """What a run gave.

    Attributes:
        draws: On unconstrained scale.
        diverged: Which transitions left the level set: their draws are not to be trusted.
    """

    draws: Float[ndarray, "C N D"]
    diverged: Bool[ndarray, "C N"]


class _Rejected(ValueError):
    """A point at which the density cannot be had; the sampler steps back."""

    is_recoverable = True


def sample(model: Model, settings: Settings, starts: Float[ndarray, "C D"], seed: int) -> Draws:
    """NUTS by nutpie: chains from given points, on the model's own gradients.

    Args:
        model: The posterior.
        settings: How to sample.
        starts: Of each chain, on unconstrained scale.
        seed: Of all random numbers.

    Raises:
        RuntimeError: If a chain cannot start or go on.
    """
    import nutpie
    from nutpie import compiled_pyfunc

    # Not seed + chain: the next data set's seed may be the next number.
    chains, seeds = [], np.random.SeedSequence(seed).generate_state(len(starts))
    for chain, start in enumerate(starts):  # a run each, so that each starts where it is told to
        compiled = compiled_pyfunc.from_pyfunc(
            model.dim,
            lambda: _gradient(model),
            lambda *_: lambda at: {"theta": np.asarray(at)},
            [np.dtype("float64")],
            [(model.dim,)],
            ["theta"],
            make_initial_point_fn=lambda _, start=start: np.array(start, dtype=np.float64),
        )
        chains.append(
            nutpie.sample(
                compiled,
                draws=settings.draws,
                tune=settings.warmup,
                chains=1,
                cores=1,
                seed=int(seeds[chain]),
                target_accept=settings.accept,
                save_warmup=False,
                progress_bar=False,
            )
        )
    draws = [np.asarray(one.posterior["theta"])[0] for one in chains]
    diverged = [np.asarray(one.sample_stats["diverging"])[0] for one in chains]
    return Draws(np.stack(draws), np.stack(diverged))


def _gradient(model: Model) -> Callable[[ndarray], tuple[float, ndarray]]:
    def found(at: ndarray) -> tuple[float, ndarray]:
        try:
            return model.gradient(np.ascontiguousarray(at))
        except RuntimeError as error:
            raise _Rejected(str(error)) from error

    return found


def sample_by_cmdstan(
    model: Model,
    program: Path,
    settings: Settings,
    starts: Float[ndarray, "C D"],
    seed: int,
) -> Draws:
    """The same by CmdStan's own NUTS, through cmdstanpy.

    Args:
        model: The posterior; its data go to CmdStan too.
        program: The executable that CmdStan made of the Stan program.
        settings: How to sample.
        starts: Of each chain, on unconstrained scale.
        seed: Of all random numbers.

    Raises:
        RuntimeError: If CmdStan fails; the message holds what it said.
    """
    import cmdstanpy

    runner = cmdstanpy.CmdStanModel(exe_file=program)
    with tempfile.TemporaryDirectory() as folder:
        done = runner.sample(
            data=dict(model.data),
            chains=settings.chains,
            parallel_chains=1,
            iter_warmup=settings.warmup,
            iter_sampling=settings.draws,
            adapt_delta=settings.accept,
            inits=[_structured(model, start) for start in starts],
            seed=seed,
            output_dir=folder,
            show_progress=False,
            show_console=False,
            sig_figs=17,  # rounded values may lie on a bound
        )
        columns = [done.column_names.index(_cmdstan_name(name)) for name in model.names]
        theta = done.draws()[:, :, columns].transpose(1, 0, 2)
        diverged = done.method_variables()["divergent__"].T.astype(bool)
    flat = model.unconstrained(theta.reshape(-1, theta.shape[2]))
    return Draws(flat.reshape(*theta.shape[:2], -1), diverged)


def _cmdstan_name(name: str) -> str:
    """theta.1.2 is theta[1,2] there."""
    first, *indices = name.split(".")
    return f"{first}[{','.join(indices)}]" if indices else first


def _structured(model: Model, at: Float[ndarray, " D"]) -> dict[str, object]:
    """A point as CmdStan takes it: a number or a vector by each parameter's name."""
    found: dict[str, object] = {}
    for name, value in zip(model.names, model.constrained(at[None])[0].tolist(), strict=True):
        first, *indices = name.split(".")
        if len(indices) > 1:
            raise ValueError(f"starts of matrices are not known how to give, but {first} is one")
        if indices:
            found.setdefault(first, []).append(value)
        else:
            found[first] = value
    return found
