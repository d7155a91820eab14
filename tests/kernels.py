"""Compiles what numba compiles, once for all copies of the tree, which take the cache with them."""

import torch
from designs import pair, training

from jana import simulators
from jana.inference import draws
from jana.rng import generator
from jana.training import fit
from jana.training.losses import nll


def main():
    """Both networks are trained and drawn from, of vectors and of exchangeable trials."""
    schedule = training(epochs=1)
    for task in ("two_moons", "gaussian_iid", "drift_diffusion"):
        simulator = simulators.get(task)
        data = tuple(tuple(simulator.draw(generator(seed), 100)) for seed in (1, 2))
        model = pair(task, [3], schedule=schedule)
        state = fit.begin(model, data[0], schedule)
        course = fit.Course(data, schedule, simulator.prior.sample)
        for _ in fit.epochs(model, state, nll, course, [3]):
            pass
        with torch.no_grad():
            draws.posterior_draws(model, [generator(4)], data[1][1][None, :2], 3)


if __name__ == "__main__":
    main()
