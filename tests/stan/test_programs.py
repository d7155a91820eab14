"""Every Stan program is the exact log density, constants included, and has its gradient."""

import numpy as np
import pytest
from densities import CASES, N_POINTS, of_simulator

from jana.simulators import lotka_volterra, sir
from jana.stan import reference, toolchain
from jana.stan.model import Model

QUICK = ("gaussian_iid", "drift_diffusion")  # compiling takes 20 s each
TOLERANCE = {"sir": 1e-5, "lotka_volterra": 1e-5}  # of what an ODE solver is in between
NAMES = [name if name in QUICK else pytest.param(name, marks=pytest.mark.heavy) for name in CASES]


def test_there_is_a_case_for_every_program():
    assert {path.stem for path in toolchain.programs()} == set(CASES)


@pytest.mark.parametrize("name", NAMES)
def test_the_log_density_is_exact(name, compiled):
    data, points, log_density = CASES[name]()
    model = Model(compiled(name), data)
    assert len(points) == N_POINTS
    found = model.log_density(model.unconstrained(points), jacobian=False)
    exact = np.array([log_density(point) for point in points])
    inside = np.isfinite(exact)
    assert inside.sum() >= 0.9 * N_POINTS and not np.isfinite(found[~inside]).any()
    error = np.abs(found - exact)[inside] / np.maximum(np.abs(exact[inside]), 1)
    assert error.max() < TOLERANCE.get(name, 1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_that_of_the_density(name, compiled):
    """Central differences in each coordinate, on unconstrained scale."""
    data, points, _ = CASES[name]()
    model = Model(compiled(name), data)
    step = 1e-4 if name in TOLERANCE else 1e-6
    at = model.unconstrained(points[:5])
    at = at[np.isfinite(model.log_density(at))]
    assert len(at)
    for point in at:
        _, gradient = model.gradient(point)
        around = point + step * np.concatenate([np.eye(model.dim), -np.eye(model.dim)])
        ahead, behind = model.log_density(around).reshape(2, -1)
        # Rounding of the density over the step, and the step's own third-order error.
        slack = 1e-5 * (1 + np.abs(gradient).max())
        np.testing.assert_allclose(gradient, (ahead - behind) / (2 * step), atol=slack, rtol=1e-4)


def test_the_times_are_the_simulators():
    np.testing.assert_allclose(reference.SIR_DAYS, sir.outbreaks.times, rtol=1e-12)
    np.testing.assert_allclose(reference.LYNX_DAYS, lotka_volterra.lynxes.times, rtol=1e-12)


@pytest.mark.heavy
@pytest.mark.parametrize("task", ["bernoulli_glm_raw", "sir", "lotka_volterra"])
def test_a_tasks_data_go_to_its_program_as_they_are(task, compiled):
    """The simulator's own data, prior and likelihood; within the ODE solvers' tolerance."""
    data, points, log_density = of_simulator(task)
    model = Model(compiled(task), data)
    found = model.log_density(model.unconstrained(points), jacobian=False)
    exact = np.array([log_density(point) for point in points])
    # Where parameters do not fit at all the solvers differ by more: looked at are those that do.
    near = exact > exact.max() - 300
    assert near.sum() > 20
    np.testing.assert_allclose(found[near], exact[near], rtol=1e-3, atol=1e-2)
