"""What every simulator is: a prior, a way to simulate, names for the axes, exact answers."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from . import check


class Draws(NamedTuple):
    """Parameters and the data they gave: row `b` of `x` came from row `b` of `theta`."""

    theta: Float[Tensor, "B D"]
    x: Float[Tensor, " B *X"]


Simulate = Callable[[Generator, Float[Tensor, "B D"]], Float[Tensor, " B *X"]]


class Prior(NamedTuple):
    """A distribution over parameters, as two functions and the bounds of its support.

    Attributes:
        sample: `n` draws from a generator.
        log_prob: log p(theta), -inf outside the support.
        low: Least value of each parameter, -inf where there is none.
        high: Bound above each parameter, inf where there is none.
        circular: Places of the parameters that are angles, from -pi to pi.
    """

    sample: Callable[[Generator, int], Float[Tensor, "B D"]]
    log_prob: Callable[[Float[Tensor, "*B D"]], Float[Tensor, "*B"]]
    low: Float[Tensor, " D"]
    high: Float[Tensor, " D"]
    circular: tuple[int, ...] = ()


class Exact(NamedTuple):
    """The answers that a simulator has in closed form or by quadrature.

    Attributes:
        sample: `n` draws of p(theta | x_b) for each data set.
        log_posterior: log p(theta | x), normalised; (theta, x) -> one value per row.
        log_marginal: log p(x), one value per data set.
    """

    sample: Callable[[Generator, Float[Tensor, " B *X"], int], Float[Tensor, "B L D"]]
    log_posterior: Callable[[Float[Tensor, "B D"], Float[Tensor, " B *X"]], Float[Tensor, " B"]]
    log_marginal: Callable[[Float[Tensor, " B *X"]], Float[Tensor, " B"]]


class Reference(NamedTuple):
    """Posterior draws that others have made, of data sets that they have published.

    Attributes:
        observed: The data sets.
        theta: The parameters that each was simulated from.
        draws: As many draws of each posterior.
        source: Whose they are.
    """

    observed: Callable[[], Float[Tensor, " B *X"]]
    theta: Callable[[], Float[Tensor, "B D"]]
    draws: Callable[[], Float[Tensor, "B L D"]]
    source: str


@dataclass(frozen=True)
class Simulator:
    """A generative model p(theta) p(x | theta).

    Attributes:
        prior: The prior p(theta).
        simulate: Draws x for each row of theta.
        theta_names: One name per parameter, with its unit where it has one.
        x_axes: One name per axis of a single data set, as they stand in the files. Where the
            first is "trial", trials are exchangeable given theta.
        log_likelihood: log p(x | theta), of (theta, x), where it is known in closed form.
        relative_log_likelihood: The same up to a term that depends on x alone, where that term is
            not known: enough for posteriors, not for evidence.
        exact: The exact posterior and marginal likelihood, where they are known.
        reference: Posterior draws of others, where there are some.
        x_design: How many coordinates of a trial, the last ones, are its design: given, so that the
            likelihood is that of the others.
        x_binary: Whether the outcome of a trial is 0 or 1.
        x_counts: Where the data are counts, the largest that there can be.
        x_low: Below what no number of the data lies: where it is finite, networks see and make
            the logarithms of the distance from it.
        x_shift: Where a trial is a signed response time, the place of the parameter that is added
            to all times and does nothing else: absolute values lie above it, and signs tell two
            responses apart.
        x_serial: Whether a data set is a series: in time along its first axis, with one number or
            more at each.
        x_period: Of a series, after how many steps a clock that everybody knows begins anew, such
            as 7 days; 0 for none.
        theta_whole: Places of the parameters that act by their rounded values alone, which is what
            the networks of series are told.
        theta_spans: Of series, places of pairs of parameters: the step at which something begins,
            and how many steps it takes.
        x_zeros: Whether numbers of the data are exactly zero with some probability, and positive
            else.
        x_noise: Standard deviation of normal noise that `simulate` adds last, where there is such:
            training draws it anew in every epoch.
        clean: What `simulate` draws before that.
        mode: Of (theta, x), which mode of the posterior given x a parameter lies on, counted from
            0, or -1 for none; where there are two of them, of equal mass.
        log_steps: Of series, log p(x_t | theta, x before t) of each step, of (theta, x).
        x_unit: How many are counted by a 1 of the data, such as 1000 where they are in thousands.
        longer: Of series, what simulates so many steps more: for forecasts.
        changed: What simulates another world, in which what it names is of another size: to see
            which changes are noticed.
    """

    prior: Prior
    simulate: Simulate
    theta_names: tuple[str, ...]
    x_axes: tuple[str, ...]
    log_likelihood: Callable[[Tensor, Tensor], Tensor] | None = None
    relative_log_likelihood: Callable[[Tensor, Tensor], Tensor] | None = None
    exact: Exact | None = None
    reference: Reference | None = None
    x_design: int = 0
    x_binary: bool = False
    x_counts: int | None = None
    x_low: float = -math.inf
    x_shift: int | None = None
    x_serial: bool = False
    x_period: int = 0
    theta_whole: tuple[int, ...] = ()
    theta_spans: tuple[tuple[int, int], ...] = ()
    x_zeros: bool = False
    x_noise: float = 0.0
    clean: Simulate | None = None
    mode: Callable[[Tensor, Tensor], Tensor] | None = None
    log_steps: Callable[[Tensor, Tensor], Tensor] | None = None
    x_unit: float = 1.0
    longer: Callable[[int], Simulate] | None = None
    changed: Callable[[str, float], Simulate] | None = None

    def __post_init__(self) -> None:
        check.names(self.theta_names, self.x_axes)
        places = [*self.theta_whole, *(place for pair in self.theta_spans for place in pair)]
        check.places(places, len(self.theta_names))
        if self.x_shift is not None:
            edges = (float(edge[self.x_shift]) for edge in (self.prior.low, self.prior.high))
            check.bounded(self.theta_names[self.x_shift], *edges)

    def answers(self) -> Exact:
        """The exact answers.

        Raises:
            ValueError: If this simulator has none.
        """
        if self.exact is None or self.log_likelihood is None:
            raise ValueError(
                "a benchmark needs a simulator with exact answers, but this one has none: give it "
                "`log_likelihood` and `exact`"
            )
        return self.exact

    @property
    def judged_likelihood(self) -> Callable[[Tensor, Tensor], Tensor] | None:
        """log p(x | theta), at least up to a term of x alone; None where not even that is known."""
        return self.log_likelihood or self.relative_log_likelihood

    def observations(self, rng: Generator, n: int) -> Draws:
        """`n` data sets to be looked at one by one: those of the reference, if there is one.

        Raises:
            ValueError: If the reference has fewer.
        """
        if self.reference is None:
            return self.draw(rng, n)
        theta, x = self.reference.theta(), self.reference.observed()
        if n > len(x):
            raise ValueError(
                f"the reference of {self.reference.source} has {len(x)} observations, but {n} are "
                "asked for: lower benchmarks.observations"
            )
        return Draws(theta[:n], x[:n])

    def posterior_samples(
        self, rng: Generator, x: Float[Tensor, " B *X"], n: int
    ) -> tuple[Float[Tensor, "B L D"], Float[Tensor, "B K D"]]:
        """Two samples of each posterior that have no draw in common: exact ones, or a reference's.

        Args:
            rng: Of the draws, or of which of the reference's are taken.
            x: Data sets from `observations`.
            n: How many draws the first sample has. So has the second, unless the reference has no
                more: then it is a half of all, and the first sample begins with the other half.

        Raises:
            ValueError: If there is neither an exact posterior nor a reference, or too few draws.
        """
        if self.exact is not None:
            return self.exact.sample(rng, x, n), self.exact.sample(rng, x, n)
        if self.reference is None:
            raise ValueError("posterior samples need `exact` answers or a `reference`: give one")
        draws = self.reference.draws()[: len(x)]
        many = draws.shape[1]
        if n > many:
            raise ValueError(
                f"the reference of {self.reference.source} has {many} draws of each posterior, but "
                f"{n} are asked for: lower benchmarks.draws or benchmarks.c2st.full"
            )
        mixed = draws[:, torch.randperm(many, generator=rng)]
        return mixed[:, :n], mixed[:, max(many - n, many // 2) :]

    @property
    def exchangeable(self) -> bool:
        """Whether a data set is made of trials whose order does not matter."""
        return self.x_axes[0] == "trial"

    def draw(self, rng: Generator, n: int) -> Draws:
        """`n` independent draws from p(theta, x).

        Raises:
            ValueError: If the simulator breaks a rule of `check`: shapes, values that are not
                finite, randomness that does not come from `rng`.
        """
        sizes = len(self.theta_names), len(self.x_axes)
        with check.own_generator_only():
            tried = self._draw(Generator().manual_seed(1), check.TRIED)
        check.shapes(*tried, check.TRIED, *sizes)
        check.repeatable(tried, self._draw(Generator().manual_seed(1), check.TRIED))
        drawn = self._draw(rng, n)
        check.shapes(*drawn, n, *sizes)
        check.finite(*drawn)
        check.above(self.x_low, drawn.x)
        if self.x_zeros:
            check.zero_or_more(drawn.x)
        if self.x_shift is not None:
            check.shifted(drawn.theta[:, self.x_shift], drawn.x)
        if self.x_counts is not None:
            check.counts(self.x_counts, drawn.x)
        return drawn

    def fresh(self) -> Callable[[Generator, int], Draws]:
        """What simulates pairs again and again, once it was seen to keep the rules, as `draw`.

        It does not look at the global generators any more, which others may use meanwhile.
        """
        self.draw(Generator().manual_seed(1), check.TRIED)

        def drawn(rng: Generator, n: int) -> Draws:
            found = self._draw(rng, n)
            check.finite(*found)
            return found

        return drawn

    def draw_clean(self, rng: Generator, n: int) -> Float[Tensor, " B *X"] | None:
        """The data that `draw` makes with an equal generator, before their noise.

        None where there is no such noise.
        """
        return None if self.clean is None else self.clean(rng, self.prior.sample(rng, n))

    def noisy(self, rng: Generator, clean: Float[Tensor, " B *X"]) -> Float[Tensor, " B *X"]:
        """Clean data with new noise."""
        return clean + self.x_noise * torch.randn(clean.shape, generator=rng).to(clean)

    def redrawn(
        self, clean: Float[Tensor, " B *X"] | None, n: int
    ) -> Callable[[Generator], Float[Tensor, " N *X"]] | None:
        """Draws the noise of the first `n` clean data sets anew; None where there is no noise.

        Raises:
            ValueError: If there is noise, but no clean data.
        """
        if self.clean is None:
            return None
        if clean is None:
            raise ValueError(
                "training draws the data's noise anew, which needs the data without it, but the "
                "training file has no x_clean: delete the file and run snakemake again"
            )
        return lambda rng: self.noisy(rng, clean[:n])

    def _draw(self, rng: Generator, n: int) -> Draws:
        theta = self.prior.sample(rng, n)
        return Draws(theta, self.simulate(rng, theta))
