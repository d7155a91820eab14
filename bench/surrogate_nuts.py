"""NUTS on the likelihood network: one data set by PyMC, and many by the batched sampler.

    python bench/surrogate_nuts.py MODEL.pt [data sets] [overlay.yaml]

MODEL.pt is a pair of networks of `drift_diffusion` that the pipeline trained, such as
results/laptop/drift_diffusion/tuned/model.pt; the overlay is the one it was trained under. Prints
CPU and wall seconds, R-hat, effective sample sizes and divergences, on one thread. The first call
compiles kernels, and does not count.
"""

import sys
import time
from pathlib import Path

import pymc as pm
import torch
import yaml

from jana import recipes, settings, simulators
from jana.inference import chains
from jana.interfaces.pymc import response_times
from jana.judge.mcmc import agreement
from jana.mcmc.nuts import Settings
from jana.rng import generator

TASK, TRIALS = "drift_diffusion", 100
ROOT = Path(__file__).parents[1]


def timed(call):
    """What a call returns, its CPU seconds and its wall seconds."""
    begun, wall = time.process_time(), time.perf_counter()
    found = call()
    return found, time.process_time() - begun, time.perf_counter() - wall


def by_pymc(network, simulator, x):
    """4 chains of 1,000 draws of one data set, from its times and choices on."""
    data = x[:, 0].abs(), (x[:, 0] > 0).long()
    ready = response_times(network, generator(3), simulator, data)
    with ready.model:
        return pm.sample(
            draws=1000,
            tune=300,
            chains=4,
            cores=1,
            step=ready.step,
            initvals=ready.starts,
            random_seed=1,
            progressbar=False,
            compute_convergence_checks=False,
        )


def batched(network, simulator, x, draws=1000):
    """4 chains of each data set."""
    rngs = [recipes.generators([1], "bench", at) for at in range(len(x))]
    return chains.sampled(network, rngs, simulator, x, Settings(draws=draws, accept=0.9))


def main() -> None:
    """Measures and prints."""
    torch.set_num_threads(1)
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    simulator = simulators.get(TASK)
    x = simulator.draw(generator(11), number).x[:, :TRIALS]
    entries = yaml.safe_load((ROOT / "config.yaml").read_text())
    for overlay in sys.argv[3:]:
        entries = settings.merged(entries, yaml.safe_load(Path(overlay).read_text()))
    entry = settings.design(entries["designs"], "tuned", TASK)
    network = recipes.trained(sys.argv[1], entry, simulator, x, "cpu").member(0)
    batched(network, simulator, x[:1], draws=1)  # compiles
    run, cpu, wall = timed(lambda: by_pymc(network, simulator, x[0]))
    rhat, ess = agreement(torch.from_numpy(run.posterior["theta"].values))
    print(
        f"PyMC, one data set: {cpu:.1f} s of CPU, {wall:.1f} s; R-hat {rhat:.4f}, least ESS "
        f"{ess:.0f}, {int(run.sample_stats.diverging.sum())} divergences, "
        f"{float(run.sample_stats.n_steps.mean()):.1f} gradients a draw",
        flush=True,
    )
    found, cpu, wall = timed(lambda: batched(network, simulator, x))
    both = torch.tensor([agreement(one) for one in found.draws[0]])
    print(
        f"batched, {number} data sets: {cpu:.1f} s of CPU, {wall:.1f} s; largest R-hat "
        f"{both[:, 0].max():.4f}, share below 1.01 {(both[:, 0] < 1.01).double().mean():.2f}, ESS "
        f"least {both[:, 1].min():.0f}, median {both[:, 1].median():.0f}, "
        f"{int(found.diverged.sum())} divergences, {found.steps.double().mean():.1f} gradients a "
        "draw"
    )


if __name__ == "__main__":
    main()
