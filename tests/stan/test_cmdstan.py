"""The CmdStan toolchain: runs wherever one is installed (CMDSTAN, ~/.cmdstan, conda)."""

import numpy as np
import pytest
from densities import CASES

from jana.stan import nuts, toolchain
from jana.stan.model import Model

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(toolchain.cmdstan_home() is None, reason="needs an installed CmdStan"),
]


@pytest.fixture(scope="module")
def cmdstan():
    return toolchain.find("cmdstan")


@pytest.mark.parametrize("name", ["gaussian_iid", "drift_diffusion", "sir"])
def test_both_toolchains_agree(name, cmdstan, cache, compiled):
    data, points, _ = CASES[name]()
    ours = toolchain.shared_library(cmdstan, toolchain.PROGRAMS / f"{name}.stan", cache)
    models = Model(compiled(name), data), Model(ours, data)
    at = models[0].unconstrained(points[:20])
    one, two = (model.log_density(at) for model in models)
    np.testing.assert_allclose(one, two, rtol=1e-10)
    for point in at[np.isfinite(one)]:
        gradients = [model.gradient(point)[1] for model in models]
        np.testing.assert_allclose(*gradients, rtol=1e-8, atol=1e-8)


def test_its_nuts_draws_the_same_posterior_as_nutpie(cmdstan, cache, compiled):
    program = toolchain.PROGRAMS / "gaussian_iid.stan"
    data = {"T": 20, "x": np.random.default_rng(1).normal(size=20)}
    model = Model(compiled("gaussian_iid"), data)
    sampler = toolchain.executable(cmdstan, program, cache)
    settings, starts = nuts.Settings(), np.zeros((4, 2))
    one = nuts.sample(model, settings, starts, seed=1).draws.reshape(-1, 2)
    two = nuts.sample_by_cmdstan(model, sampler, settings, starts, seed=1)
    assert two.draws.shape == (4, 1000, 2) and not two.diverged.any()
    two = two.draws.reshape(-1, 2)
    # ESS is above 1,000 of 4,000 in both
    assert (np.abs(one.mean(0) - two.mean(0)) < 5 * one.std(0) * (2 / 1000) ** 0.5).all()
    assert (np.abs(one.std(0) / two.std(0) - 1) < 0.12).all()


def test_what_cmdstan_cannot_make_is_shown(cmdstan, tmp_path):
    program = tmp_path / "broken.stan"
    program.write_text("model { target += y; }\n")
    with pytest.raises(toolchain.ToolchainError, match=r"make -C .*\n[\s\S]*Identifier 'y'"):
        toolchain.executable(cmdstan, program, tmp_path / "cache")
