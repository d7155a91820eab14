"""A compiled Stan program with data: log densities and transforms of many points at once."""

from collections.abc import Mapping
from pathlib import Path

import bridgestan
import numpy as np
from jaxtyping import Float
from numpy import ndarray


class Model:
    """One posterior.

    Args:
        library: Of a Stan program, from `toolchain.shared_library`.
        data: What its data block asks for.

    Raises:
        ValueError: If the data do not fit the program.
    """

    def __init__(self, library: Path, data: Mapping[str, object]):
        try:
            # Another model of the same library shares its code, and there is nothing to say.
            self.stan = bridgestan.StanModel(library, dict(data), warn=False)
        except RuntimeError as error:
            name = library.name.rsplit("-", 1)[0]
            raise ValueError(
                f"the data must fit the Stan program {name}, but {error}; given were "
                + ", ".join(f"{key} {np.shape(value)}" for key, value in data.items())
            ) from error
        self.data, self.dim = data, self.stan.param_unc_num()

    @property
    def names(self) -> list[str]:
        """Of the parameters, on their own scale: theta.1, theta.2, ..."""
        return self.stan.param_names()

    def log_density(self, at: Float[ndarray, "S D"], jacobian: bool = True) -> Float[ndarray, " S"]:
        """Of points on unconstrained scale, all constants kept; -inf where it cannot be had.

        Args:
            at: The points.
            jacobian: Whether it is a density on the unconstrained scale, or the parameters' own.
        """
        found = np.empty(len(at))
        for i, point in enumerate(np.ascontiguousarray(at, dtype=np.float64)):
            try:
                found[i] = self.stan.log_density(point, propto=False, jacobian=jacobian)
            except RuntimeError:  # as Stan's own samplers have it, a rejected point
                found[i] = -np.inf
        return np.where(np.isnan(found), -np.inf, found)

    def gradient(
        self, at: Float[ndarray, " D"], jacobian: bool = True
    ) -> tuple[float, Float[ndarray, " D"]]:
        """The log density of one point, and its gradient.

        Raises:
            RuntimeError: If the program cannot evaluate it.
        """
        return self.stan.log_density_gradient(at, propto=False, jacobian=jacobian)

    def constrained(self, at: Float[ndarray, "S D"]) -> Float[ndarray, "S P"]:
        """The parameters on their own scale, in the order of `names`."""
        points = np.ascontiguousarray(at, dtype=np.float64)
        return np.stack([self.stan.param_constrain(point) for point in points])

    def unconstrained(
        self, theta: Float[ndarray, "S P"], refused: float | None = None
    ) -> Float[ndarray, "S D"]:
        """The way back.

        Args:
            theta: Parameters on their own scale.
            refused: What stands for a point that these data rule out; None: it is an error.

        Raises:
            RuntimeError: If a point is ruled out and nothing is to stand for it.
        """
        found = np.empty((len(theta), self.dim))
        for i, point in enumerate(np.ascontiguousarray(theta, dtype=np.float64)):
            try:
                found[i] = self.stan.param_unconstrain(point)
            except RuntimeError:
                if refused is None:
                    raise
                found[i] = refused
        return found

    def generated(self, name: str, at: Float[ndarray, "S D"], seed: int) -> Float[ndarray, "S T"]:
        """A generated quantity (log_lik) at each point.

        Raises:
            ValueError: If the program generates none of this name.
        """
        columns, rng = self._columns(name), self.stan.new_rng(seed)
        points = np.ascontiguousarray(at, dtype=np.float64)
        rows = [self.stan.param_constrain(point, include_gq=True, rng=rng) for point in points]
        return np.stack(rows)[:, columns]

    def generated_at(
        self, name: str, theta: Float[ndarray, "S P"], seed: int
    ) -> Float[ndarray, "S T"]:
        """The same at parameters on their own scale; -inf where these data rule them out."""
        columns, rng = self._columns(name), self.stan.new_rng(seed)
        found = np.full((len(theta), len(columns)), -np.inf)
        for i, point in enumerate(np.ascontiguousarray(theta, dtype=np.float64)):
            try:
                at = self.stan.param_unconstrain(point)
                found[i] = self.stan.param_constrain(at, include_gq=True, rng=rng)[columns]
            except RuntimeError:
                continue
        return np.where(np.isnan(found), -np.inf, found)

    def _columns(self, name: str) -> list[int]:
        names = self.stan.param_names(include_gq=True)
        columns = [i for i, full in enumerate(names) if full.split(".")[0] == name]
        if not columns:
            raise ValueError(
                f"the Stan program must generate {name}, but generates "
                f"{sorted({full.split('.')[0] for full in names[self.stan.param_num() :]})}"
            )
        return columns
