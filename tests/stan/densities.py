"""Exact log densities of the programs whose tasks are not simulators yet, and data for all.

By name of the program: data for Stan, points (parameters in the program's order) at which it has
a density, and log prior + log likelihood of one point. Independent of Stan: NumPy and SciPy.
"""

import math

import numpy as np
import torch
from scipy import stats
from scipy.integrate import solve_ivp
from scipy.special import logsumexp

from jana import simulators
from jana.simulators import wiener
from jana.stan.reference import PROGRAMS

N_POINTS = 100


def of_simulator(name):
    """One data set, and points from the prior, of a task that has a simulator."""
    simulator = simulators.get(name)
    theta, x = (part.double() for part in simulator.draw(torch.Generator().manual_seed(7), 1))
    # A tenth of the points around the truth, where a density is sharp; the others anywhere.
    rng = torch.Generator().manual_seed(8)
    points = simulator.prior.sample(rng, 4 * N_POINTS).double()
    near = theta + 0.02 * torch.randn(len(points), theta.shape[1], generator=rng).double()
    points = torch.where(torch.rand(len(points), 1, generator=rng) < 0.7, near, points)
    possible = simulator.prior.log_prob(points) + simulator.log_likelihood(points, x)
    points = points[possible.isfinite()][:N_POINTS]

    def log_density(point):
        at = torch.from_numpy(point)[None]
        return float(simulator.prior.log_prob(at) + simulator.log_likelihood(at, x))

    return PROGRAMS[name].data(x[0].numpy()), points.numpy(), log_density


def transformed(name, alike=1):
    """A simulator whose program has parameters of its own, each for `alike` places of theta.

    The area that they have in theta is had numerically, from the way back to theta.
    """
    data, points, of_theta = of_simulator(name)
    program = PROGRAMS[name]
    told = program.told(points, data["x"])
    reached = np.isfinite(told).all(-1)
    points, told = points[reached], told[reached]
    thetas = {tuple(params): theta for params, theta in zip(told, points, strict=True)}

    def theta(params):
        return program.restored(np.random.default_rng(1), params[None], data["x"])[0]

    def log_area(params):
        columns = []
        for i, step in enumerate(3e-6 * (1 + np.abs(params))):
            one, two = (theta(params + n * step * np.eye(2)[i]) for n in (1, 2))
            back, two_back = (theta(params - n * step * np.eye(2)[i]) for n in (1, 2))
            columns.append((8 * (one - back) - two + two_back) / (12 * step))
        return np.linalg.slogdet(np.stack(columns))[1]

    def log_density(params):
        return of_theta(thetas[tuple(params)]) + log_area(params) + math.log(alike)

    return data, told, log_density


def slcp():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4, 2)) * 3

    def log_density(point):
        s1, s2, rho = point[2] ** 2, point[3] ** 2, np.tanh(point[4])
        cov = [[s1**2, rho * s1 * s2], [rho * s1 * s2, s2**2]]
        prior = -3 * math.log(6) - 2 * math.log(3)
        return prior + stats.multivariate_normal(point[:2], cov).logpdf(x).sum()

    points = rng.uniform([-3, -3, 0.4, 0.4, -2.5], [3, 3, 3, 3, 2.5], size=(N_POINTS, 5))
    return {"x": x}, points, log_density


def bernoulli_glm_raw():
    rng = np.random.default_rng(2)
    design, z = rng.normal(size=(100, 9)), rng.integers(0, 2, size=100)
    root = np.diag(1 + np.sqrt(np.arange(9) / 9)) - 2 * np.eye(9, k=-1) + np.eye(9, k=-2)
    cov = np.linalg.inv(root.T @ root)

    def log_density(point):
        logits = point[0] + design @ point[1:]
        prior = stats.norm.logpdf(point[0], scale=2)
        prior += stats.multivariate_normal(np.zeros(9), cov).logpdf(point[1:])
        return prior + (z * logits - np.logaddexp(0, logits)).sum()

    points = rng.normal(size=(N_POINTS, 10))
    return {"T": 100, "V": design, "z": z}, points, log_density


def solved(flow, start, times):
    found = solve_ivp(flow, (0, times[-1]), start, "DOP853", times, rtol=1e-11, atol=1e-11)
    return found.y.T


def sir():
    times, rng = np.arange(0, 160, 16) * 160 / 159, np.random.default_rng(3)

    def share(beta, gamma):
        def flow(t, state):
            infections = beta * state[0] * state[1] / 1e6
            return [-infections, infections - gamma * state[1], gamma * state[1]]

        return np.clip(solved(flow, [1e6 - 1, 1, 0], times)[:, 1] / 1e6, 0, 1)

    x = rng.binomial(1000, share(0.4, 0.12)) / 1000 + 0.001 * rng.normal(size=10)
    counts = np.arange(1001)

    def log_density(point):
        beta, gamma = point
        prior = stats.lognorm.logpdf(beta, 0.5, scale=0.4)
        prior += stats.lognorm.logpdf(gamma, 0.2, scale=0.125)
        each = stats.binom.logpmf(counts, 1000, share(beta, gamma)[:, None])
        each = each + stats.norm.logpdf(x[:, None], counts / 1000, 0.001)
        return prior + logsumexp(each, 1).sum()

    points = np.stack([rng.lognormal(math.log(0.4), 0.3, N_POINTS), np.full(N_POINTS, 0.1)], 1)
    points[:, 1] *= rng.lognormal(0, 0.2, N_POINTS)
    return {"T": 10, "times": times, "x": x}, points, log_density


def lotka_volterra():
    times, rng = np.arange(0, 20, 2) * 20 / 19, np.random.default_rng(4)

    def states(alpha, beta, gamma, delta):
        def flow(t, s):
            return [alpha * s[0] - beta * s[0] * s[1], delta * s[0] * s[1] - gamma * s[1]]

        return np.maximum(solved(flow, [30, 1], times), 0)

    truth = np.exp([-0.125, -3, -0.125, -3])
    y = rng.lognormal(np.log1p(states(*truth)), 0.1)

    def log_density(point):
        prior = stats.lognorm.logpdf(point, 0.5, scale=truth).sum()
        return prior + stats.lognorm.logpdf(y, 0.1, scale=1 + states(*point)).sum()

    points = truth * rng.lognormal(0, 0.3, size=(N_POINTS, 4))
    return {"T": 10, "times": times, "y": y}, points, log_density


def drift_diffusion():
    rng = np.random.default_rng(5)
    y = rng.choice([-1, 1], 100) * (0.45 + rng.exponential(0.4, 100))
    low, high = [-5, 0.5, 0.2, 0.3], [5, 3, 1, 0.7]
    mean, sd = np.array([0, 1, 0.4, 0.5]), np.array([10, 1, 0.2, 0.1])

    def log_density(point):
        a, b = (low - mean) / sd, (high - mean) / sd
        prior = stats.truncnorm.logpdf(point, a, b, loc=mean, scale=sd).sum()
        parts = (torch.tensor(float(value), dtype=torch.float64) for value in point)
        return prior + float(wiener.log_density(torch.from_numpy(y), *parts).sum())

    points = rng.uniform([-5, 0.5, 0.2, 0.3], [5, 3, 0.44, 0.7], size=(N_POINTS, 4))
    return {"T": 100, "y": y}, points, log_density


CASES = {name: (lambda name=name: of_simulator(name)) for name in PROGRAMS} | {
    "two_moons": lambda: transformed("two_moons", alike=2),
    "gaussian_mixture": lambda: transformed("gaussian_mixture"),
    "slcp": slcp,
    "bernoulli_glm_raw": bernoulli_glm_raw,
    "sir": sir,
    "lotka_volterra": lotka_volterra,
    "drift_diffusion": drift_diffusion,
}
