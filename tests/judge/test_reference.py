"""Shards of fits: resumed, refitted where settings change, and a row each, failed or not."""

import numpy as np
import pytest
import torch

from jana import simulators
from jana.io import netcdf
from jana.judge import reference
from jana.rng import generator
from jana.stan.model import Model
from jana.stan.nuts import Settings
from jana.stan.reference import Fit

TASK = "gaussian_linear"
SIMULATOR = simulators.get(TASK)


class Stub(Model):
    """Stands for a Stan program: the log density is exact."""

    def __init__(self, library, data):
        self.dim = 10
        self.x = torch.from_numpy(data["x"])

    def log_density(self, at):
        theta = torch.from_numpy(at)
        return (SIMULATOR.prior.log_prob(theta) + SIMULATOR.log_likelihood(theta, self.x)).numpy()


@pytest.fixture
def fits(monkeypatch):
    """Exact draws in place of NUTS; counts the fits, and fails for the third data set."""
    made = []

    def fit(program, model, x, starts, settings, seed, sampler):
        made.append(seed)
        if x[0] > 1e5:
            raise RuntimeError("all initialization points failed")
        rng = generator(seed)
        theta = SIMULATOR.answers().sample(rng, torch.from_numpy(x)[None].float(), 800)
        theta = theta.double().numpy().reshape(4, 200, 10)
        return Fit(theta, theta, 1.001, 900.0, 0, settings.accept, "ok")

    monkeypatch.setattr(reference, "fit", fit)
    monkeypatch.setattr(reference, "Model", Stub)
    return made


def job(tmp_path, accept=0.8):
    return reference.Job(TASK, tmp_path / "none.so", Settings(accept=accept), 1, f"one {accept}")


@pytest.fixture
def x():
    data = SIMULATOR.draw(generator(1), 3).x
    data[2] = 1e6
    return data


def gathered(tmp_path, x, job_, indices):
    shards = [reference.shard(tmp_path / "s", job_, SIMULATOR, x[i], i) for i in indices]
    netcdf.save(tmp_path / "all.nc", {}, **reference.gathered(shards, indices))
    return netcdf.load(tmp_path / "all.nc")


def test_a_finished_fit_is_not_made_again(tmp_path, fits, x):
    first = gathered(tmp_path, x, job(tmp_path), [0, 1])
    assert len(fits) == 2
    again = gathered(tmp_path, x, job(tmp_path), [0, 1])
    assert len(fits) == 2 and again.equals(first)


def test_other_settings_or_data_are_fitted_anew(tmp_path, fits, x):
    gathered(tmp_path, x, job(tmp_path), [0])
    gathered(tmp_path, x, job(tmp_path, accept=0.9), [0])
    gathered(tmp_path, x + 0.1, job(tmp_path, accept=0.9), [0])
    assert len(fits) == 3


def test_a_damaged_shard_is_fitted_anew(tmp_path, fits, x):
    gathered(tmp_path, x, job(tmp_path), [0])
    (tmp_path / "s" / "0.nc").write_bytes(b"half")
    assert str(gathered(tmp_path, x, job(tmp_path), [0])["status"].item()) == "ok"
    assert len(fits) == 2


def test_how_data_sets_are_shared_out_changes_no_number(tmp_path, fits, x):
    together = gathered(tmp_path / "a", x, job(tmp_path), [0, 1])
    alone = gathered(tmp_path / "b", x, job(tmp_path), [1])
    one, other = together.isel(dataset=1), alone.isel(dataset=0)
    for name in together.data_vars:
        assert np.array_equal(one[name].values, other[name].values), name


def test_a_failed_fit_is_a_row_and_the_others_go_on(tmp_path, fits, x):
    found = gathered(tmp_path, x, job(tmp_path), [0, 2, 1])
    assert found["status"].values.tolist() == ["ok", "failed", "ok"]
    rows = reference.rows({"task": TASK}, found, None)
    fit_ok = {row["observation"]: row["value"] for row in rows if row["metric"] == "fit_ok"}
    assert fit_ok == {0: 1.0, 2: 0.0, 1: 1.0}
    assert not [row for row in rows if row["observation"] == 2 and row["metric"] != "fit_ok"]


def test_exact_draws_and_evidence_are_judged_right(tmp_path, fits, x):
    found = gathered(tmp_path, x, job(tmp_path), [0, 1])
    known = SIMULATOR.answers()
    exact = known.sample(generator(4), x, 400), known.log_marginal(x.double())
    rows = reference.rows({"task": TASK}, found, exact)
    errors = [(row["value"], row["error"]) for row in rows if row["metric"] == "lml_error"]
    assert len(errors) == 2 and all(abs(value) < 5 * error < 0.3 for value, error in errors)
    assert all(abs(row["value"] - 0.5) < 0.1 for row in rows if row["metric"] == "c2st")


def test_trials_with_a_high_khat_are_fitted_without_them(monkeypatch):
    """The Gaussian mean of ten trials, one far off: leave-one-out is known in closed form."""
    y = np.array([0.1, -0.3, 0.2, 0.4, -0.2, 0.0, 0.3, -0.1, 0.2, 12.0])

    class Normal(Model):
        """theta ~ N(0, 1), y ~ N(theta, 1)."""

        def __init__(self, library, data):
            self.dim = 1
            self.y = data["y"]

        def constrained(self, at):
            return at

        def generated_at(self, name, theta, seed):
            return -0.5 * (self.y - theta) ** 2 - 0.5 * np.log(2 * np.pi)

        generated = generated_at  # constrained and unconstrained are the same

    def posterior(y, n):
        rng = np.random.default_rng(1)
        return rng.normal(y.sum() / (1 + len(y)), (1 + len(y)) ** -0.5, size=(4, n // 4, 1))

    statuses = iter(["ok", "R-hat"])

    def fit(program, model, x, starts, settings, seed, sampler):
        theta = posterior(model.y, 40_000)
        return Fit(theta, theta, 1.0, 40_000.0, 0, 0.8, next(statuses))

    monkeypatch.setattr(reference, "fit", fit)
    monkeypatch.setattr(reference, "Model", Normal)
    program = reference.Program(data=lambda x: {"y": x})
    full = Normal(None, {"y": y})
    draws = posterior(y, 4000)
    logs = full.generated_at("log_lik", draws.reshape(-1, 1), 1)
    rough = reference.elpd.psis(torch.from_numpy(logs))
    assert rough.khat[9] > 0.7 and (rough.khat[:9] < 0.7).all()
    job = reference.Job("none", None, Settings(), 1, "x")
    given = job, program, full, y, np.zeros((4, 1)), 1, draws
    found, refits = reference.leave_one_out(*given)
    # The last given the others: N(their sum / 10, 1 + 1 / 10).
    gap = y[9] - y[:9].sum() / 10
    exact = -0.5 * np.log(2 * np.pi * 1.1) - 0.5 * gap**2 / 1.1
    assert refits == 1 and found.khat[9] == -np.inf
    assert torch.equal(found.pointwise[:9], rough.pointwise[:9])
    assert abs(float(found.pointwise[9]) - exact) < 0.02 * abs(exact)
    assert abs(float(rough.pointwise[9]) - exact) > abs(float(found.pointwise[9]) - exact)
    assert float(found.total) == pytest.approx(float(found.pointwise.sum()))
    # Again, with a fit that does not pass the gate: the estimate stays, and its k-hat with it.
    kept, refits = reference.leave_one_out(*given)
    assert refits == 0 and torch.equal(kept.khat, rough.khat)
    assert torch.equal(kept.pointwise, rough.pointwise)
