"""A million draws of each simulator on one core: python bench/simulators.py"""

import timing

from jana import simulators
from jana.rng import generator

NAMES = (
    "two_moons",
    "two_moons_wide",
    "two_moons_wiqvist",
    "gaussian_linear",
    "gaussian_linear_uniform",
    "gaussian_mixture",
    "gaussian_iid",
)

for name in NAMES:
    simulator = simulators.get(name)
    theta = simulator.prior.sample(generator(1), 1_000_000)
    took = timing.seconds(
        lambda simulator=simulator, theta=theta: simulator.simulate(generator(2), theta)
    )
    print(f"{name}: {took:.3f} s for 1,000,000 data sets")

epidemic = simulators.get("epidemic")
took = timing.seconds(lambda: epidemic.draw(generator(2), 10_000))
print(f"epidemic: {took:.3f} s for 10,000 series, inadmissible parameters redrawn")
