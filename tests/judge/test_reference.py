"""Shards of fits: resumed, refitted where settings change, and a row each, failed or not."""

import json

import numpy as np
import pytest
import torch

from jana import simulators
from jana.evidence import bridge, elpd
from jana.io import netcdf
from jana.judge import reference
from jana.rng import generator
from jana.stan import job as jobs
from jana.stan.job import Job
from jana.stan.model import Model
from jana.stan.nuts import Settings
from jana.stan.reference import PROGRAMS, Fit, Program

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

    monkeypatch.setattr(jobs, "fit", fit)
    monkeypatch.setattr(jobs, "Model", Stub)
    return made


def job(tmp_path, accept=0.8):
    settings = Settings(accept=accept)
    return Job(PROGRAMS[TASK], tmp_path / "none.so", settings, 1, f"one {accept}")


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


def test_a_failed_fit_says_why_and_is_tried_again(tmp_path, fits, x):
    shards = [reference.shard(tmp_path / "s", job(tmp_path), SIMULATOR, x[i], i) for i in (0, 2)]
    assert json.loads(reference.messages(shards, [0, 2])) == {
        "2": "it could not be fitted: all initialization points failed"
    }
    reference.shard(tmp_path / "s", job(tmp_path), SIMULATOR, x[2], 2)
    assert len(fits) == 3


def test_all_fits_may_fail(tmp_path, fits, x):
    found = gathered(tmp_path, x, job(tmp_path), [2])
    rows = reference.rows({"task": TASK}, found, None)
    assert [row["value"] for row in rows] == [0.0]


@pytest.mark.parametrize(
    ("status", "said"), [("no convergence", ""), ("raised", "there is no evidence: draws must")]
)
def test_a_bridge_that_fails_costs_no_draws(tmp_path, fits, x, monkeypatch, status, said):
    def estimate(*args):
        if status == "raised":
            raise ValueError("draws must vary")
        return bridge.Bridge(np.nan, np.nan, np.nan, 10.0, 1000, status)

    monkeypatch.setattr(reference.bridge, "estimate", estimate)
    for _ in range(2):  # the second time from the shard
        one = reference.shard(tmp_path / "s", job(tmp_path), SIMULATOR, x[0], 0)
        assert one["theta"].shape == (4, 200, 10) and one.attrs["said"].startswith(said)
    assert len(fits) == 1
    found = gathered(tmp_path, x, job(tmp_path), [0])
    known = SIMULATOR.answers()
    exact = reference.Answers(known.sample(generator(4), x[:1], 100), torch.zeros(1), None)
    rows = {row["metric"]: row for row in reference.rows({}, found, exact)}
    assert rows["bridge_ok"]["value"] == 0.0 and rows["fit_ok"]["value"] == 1.0
    assert rows["bridge_ok"]["setting"] == ("failed" if status == "raised" else status)
    assert "c2st" in rows and not {"lml", "lml_error", "khat"} & set(rows)


def test_exact_draws_and_evidence_are_judged_right(tmp_path, fits, x):
    found = gathered(tmp_path, x, job(tmp_path), [0, 1])
    known = SIMULATOR.answers()
    exact = reference.answers(SIMULATOR, x, [known.sample(generator(4), x, 1000)])
    rows = reference.rows({"task": TASK}, found, exact)
    errors = [(row["value"], row["error"]) for row in rows if row["metric"] == "lml_error"]
    assert len(errors) == 2 and all(abs(value) < 5 * error < 0.3 for value, error in errors)
    told = [row for row in rows if row["metric"] == "c2st"]
    # There are 800 draws of each fit: no more are compared, as none is to come twice.
    assert all(abs(row["value"] - 0.5) < 0.08 and row["draws"] == 800 for row in told)


def test_trials_with_a_high_khat_are_fitted_without_them(monkeypatch):
    """The Gaussian mean of ten trials, one far off: leave-one-out is known in closed form."""
    y = np.array([0.1, -0.3, 0.2, 0.4, -0.2, 0.0, 0.3, -0.1, 0.2, 12.0])

    class Normal(Model):
        """theta ~ N(0, 1), y ~ N(theta, 1)."""

        def __init__(self, library, data):
            self.dim = 1
            self.y = data["y"]

        def log_density(self, at):
            logs = -0.5 * (self.y - at) ** 2 - 0.5 * np.log(2 * np.pi)
            return logs.sum(1) - 0.5 * at[:, 0] ** 2 - 0.5 * np.log(2 * np.pi)

        def generated(self, name, at, seed):
            return -0.5 * (self.y - at) ** 2 - 0.5 * np.log(2 * np.pi)

    rng = np.random.default_rng(1)

    def posterior(y, n):
        mean, sd = y.sum() / (1 + len(y)), (1 + len(y)) ** -0.5
        return rng.normal(mean, sd, size=(4, n // 4, 1))

    statuses = iter(["ok", "R-hat"])

    def fit(program, model, x, starts, settings, seed, sampler):
        theta = posterior(model.y, 4000)
        return Fit(theta, theta, 1.0, 4000.0, 0, 0.8, next(statuses))

    monkeypatch.setattr(jobs, "fit", fit)
    monkeypatch.setattr(jobs, "Model", Normal)
    program = Program(data=lambda x: {"y": x})
    one = Job(program, None, Settings(), 1, "x")
    full, draws = one.model(y), posterior(y, 4000)
    rough = elpd.psis(torch.from_numpy(full.generated("log_lik", draws.reshape(-1, 1), 1)), 4)
    assert rough.khat[9] > 0.7 and (rough.khat[:9] < 0.7).all()
    evidence = bridge.estimate(draws, full.log_density, 1)
    given = one, full, y, np.zeros((4, 1)), 1, draws, evidence
    found = jobs.leave_one_out(*given)
    # The last given the others: N(their sum / 10, 1 + 1 / 10).
    gap = y[9] - y[:9].sum() / 10
    exact = -0.5 * np.log(2 * np.pi * 1.1) - 0.5 * gap**2 / 1.1
    assert found.refits == 1 and not found.said and found.elpd.khat[9] < 0.7
    assert torch.equal(found.elpd.pointwise[:9], rough.pointwise[:9])
    off = abs(float(found.elpd.pointwise[9]) - exact)
    assert off < 4 * float(found.elpd.error[9]) < 0.1 < abs(float(rough.pointwise[9]) - exact)
    assert float(found.elpd.total) == pytest.approx(float(found.elpd.pointwise.sum()))
    assert float(found.elpd.total_error) > float(found.elpd.error[9])
    # Again, with a fit that does not pass the gate: the estimate stays, and its k-hat with it.
    kept = jobs.leave_one_out(*given)
    assert kept.refits == 0 and torch.equal(kept.elpd.khat, rough.khat)
    assert torch.equal(kept.elpd.pointwise, rough.pointwise)
    assert kept.said == ["trial 9 stays: without it the fit does not pass the gate: R-hat"]
