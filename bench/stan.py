"""Stan on the drift diffusion model: gradients, fits, evidence and leave-one-out, and their truth.

    python bench/stan.py [data sets] [folder for compiled programs]

Prints the time of a gradient at 100 trials; of fits, bridge sampling and leave-one-out of all data
sets, compiled before; and the difference of five log marginal likelihoods from quadrature in four
dimensions (Gauss-Hermite about the posterior's mean, by two rules that must agree).
"""

import os
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import torch

from jana.evidence import bridge
from jana.simulators import wiener
from jana.stan import nuts, toolchain
from jana.stan.job import Job, leave_one_out
from jana.stan.model import Model
from jana.stan.reference import Program

TRIALS = 100
LOW, HIGH = np.array([-5, 0.5, 0.2, 0.3]), np.array([5, 3, 1, 0.7])
MEAN, SD = np.array([0, 1, 0.4, 0.5]), np.array([10, 1, 0.2, 0.1])
PROGRAM = Program(lambda y: {"T": len(y), "y": y})


def prior(rng, n):
    """Truncated normals, by rejection."""
    found = np.empty((0, 4))
    while len(found) < n:
        draws = MEAN + SD * rng.normal(size=(4 * n, 4))
        found = np.vstack([found, draws[((draws > LOW) & (draws < HIGH)).all(1)]])
    return found[:n]


def simulated(rng, theta):
    """Signed response times, by the inverse of the distribution function on a fine grid."""
    times = theta[2] + np.linspace(1e-4, 12, 60_000)
    y = torch.from_numpy(np.concatenate([-times[::-1], times]))
    parts = (torch.tensor(value, dtype=torch.float64) for value in theta)
    mass = wiener.log_density(y, *parts).exp().numpy().cumsum()
    return y.numpy()[np.searchsorted(mass / mass[-1], rng.random(TRIALS))]


def worked(library, index):
    """One data set: everything that is asked of it."""
    torch.set_num_threads(1)
    rng = np.random.default_rng([7, index])
    y = simulated(rng, prior(rng, 1)[0])
    model = Model(library, PROGRAM.data(y))
    starts = prior(rng, 500)
    job = Job(PROGRAM, library, nuts.Settings(warmup=500, draws=2000), index, "bench")
    found = job.fit(model, y, starts, seed=index)
    evidence = bridge.estimate(found.draws, model.log_density, seed=index)
    left_out = leave_one_out(job, model, y, starts, index, found.draws, evidence)
    return y, found, evidence, left_out


def quadrature(model, draws, nodes):
    """The log of the integral, by a product rule about the draws' mean, as wide as they are."""
    flat = draws.reshape(-1, 4)
    root = np.linalg.cholesky(np.cov(flat.T))
    x, weight = np.polynomial.hermite_e.hermegauss(nodes)
    points = np.array(list(product(x, repeat=4)))
    log_weight = np.array([sum(w) for w in product(np.log(weight) + x**2 / 2, repeat=4)])
    near = log_weight > log_weight.max() - 60
    values = model.log_density(flat.mean(0) + points[near] @ root.T) + log_weight[near]
    return np.logaddexp.reduce(values) + np.log(np.diag(root)).sum()


def main() -> None:
    """Measures and prints."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    cache = Path(sys.argv[2] if len(sys.argv) > 2 else "results/stan")
    chosen = toolchain.find(os.environ.get("STAN_TOOLCHAIN", "wheel"))
    print(chosen.describe())
    began = time.perf_counter()
    library = toolchain.shared_library(chosen, toolchain.PROGRAMS / "drift_diffusion.stan", cache)
    print(f"compiled, or found: {time.perf_counter() - began:.1f} s")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        began = time.perf_counter()
        results = list(pool.map(worked, [library] * number, range(number)))
        print(f"{number} fits with evidence and LOO: {time.perf_counter() - began:.1f} s")
    for index, (_, found, evidence, left_out) in enumerate(results):
        print(
            f"  {index}: {found.status}, R-hat {found.rhat:.4f}, ESS {found.ess:.0f}, evidence "
            f"{evidence.value:.4f} +- {evidence.error:.4f} ({evidence.status}), LOO "
            f"{float(left_out.elpd.total):.2f} +- {float(left_out.elpd.total_error):.2f}, "
            f"{left_out.refits} trials refitted"
        )
    y, found = results[0][:2]
    model, times = Model(library, PROGRAM.data(y)), []
    at = found.draws[0, :200]
    for _ in range(7):
        began = time.perf_counter()
        for point in at:
            model.gradient(point)
        times.append((time.perf_counter() - began) / len(at))
    print(f"gradient at {TRIALS} trials: {1e3 * statistics.median(times):.3f} ms")
    for index, (y, found, evidence, *_) in enumerate(results[:5]):
        model = Model(library, PROGRAM.data(y))
        rules = [quadrature(model, found.draws, nodes) for nodes in (14, 18)]
        print(
            f"  {index}: bridge - quadrature {evidence.value - rules[1]:+.4f}, "
            f"between the rules {rules[1] - rules[0]:+.4f}"
        )


if __name__ == "__main__":
    main()
