"""Rows of the comparison: what known answers score, and what follows from many runs."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import ttest_rel
from tidy import select, table, value

from jana import simulators
from jana.io import tables
from jana.judge import comparison, known, paired, standing
from jana.rng import generator

TASK = simulators.get("two_moons_wiqvist")
SIZES = known.Sizes(draws=400, many=2000, others=2, each=300, referenced=500, floor=3, held_out=100)
LABELS = {
    "experiment": "comparison",
    "task": "two_moons_wiqvist",
    "method": "npe_c",
    "setting": "proper",
    "budget": 2000,
    "seed": 0,
}
KNOWN = known.known(5, TASK, SIZES)


def found(first, **more):
    """The arrays of a run whose draws are these."""
    numbers = {"train_seconds": 3.0, "draw_seconds_npe_c": 0.5, "draw_cpu_seconds_npe_c": 0.4}
    numbers["outside_npe_c"] = 0.25
    return {"first_npe_c": first} | {n: torch.tensor(v) for n, v in numbers.items()} | more


def made(first, **more):
    return comparison.rows(LABELS, "ok", found(first, **more), KNOWN, TASK, 3)


def test_exact_draws_score_as_exact_draws_do():
    """C2ST of 400: .50 +- .018; shares of 2,000: +- .011. Four standard errors."""
    other = TASK.exact.sample(generator(8), KNOWN.x[1:], 300)
    many = TASK.exact.sample(generator(9), KNOWN.x[:1], 2000)[0]
    predictive = TASK.simulate(generator(10), KNOWN.floor[0])
    log = TASK.exact.log_posterior(KNOWN.theta, KNOWN.theta_x)
    rows = made(
        KNOWN.floor[0],
        many_npe_c=many,
        other_npe_c=other,
        predictive_npe_c=predictive,
        log_posterior=log,
    )
    for quantity in ("posterior", "predictive"):
        score = value(rows, metric="c2st", quantity=quantity, observation=0, draws=400)
        assert abs(score - 0.5) < 0.08
    assert value(rows, metric="kl_posterior") == 0.0
    assert value(rows, metric="mode_share", quantity="mode 1") == pytest.approx(0.5, abs=0.045)
    assert value(rows, metric="off_modes") < 0.004 and value(rows, metric="outside_support") == 0
    assert value(rows, metric="outside_proposals") == 0.25
    assert {row["observation"] for row in select(rows, metric="mmd2")} == {0, 1, 2}
    assert {row["draws"] for row in select(rows, metric="c2st", observation=0)} == {400, 2000}


def test_a_lost_mode_and_draws_outside_the_prior_are_seen():
    upper = KNOWN.many[KNOWN.many.sum(1) > 0][:400].clone()
    upper[:40] = 2.5
    rows = made(upper)
    assert value(rows, metric="mode_share", quantity="mode 1") == pytest.approx(0.9, abs=0.01)
    assert value(rows, metric="mode_share", quantity="mode 2") == 0
    assert value(rows, metric="outside_support") == pytest.approx(0.1)
    assert value(rows, metric="c2st", observation=0) > 0.7
    assert value(rows, metric="mmd_pvalue", observation=0) < 0.01
    assert value(rows, metric="root_mmd", observation=0) > 0.8


def test_a_failed_run_is_a_row_with_its_reason_and_nothing_else():
    rows = comparison.rows(
        LABELS, "ValueError: no", {"failed_seconds": torch.tensor(2.0)}, KNOWN, TASK, 3
    )
    assert [row["metric"] for row in rows] == ["run_ok", "failed_seconds"]
    assert rows[0]["value"] == 0 and rows[0]["quantity"] == "ValueError: no"


def test_the_other_observations_are_the_references_where_there_is_one():
    task = simulators.get("two_moons")
    got = known.known(5, task, SIZES)
    assert torch.equal(got.x[1:], task.reference.observed()[:2]) and got.other.shape == (2, 500, 2)
    assert KNOWN.other.shape == (2, 300, 2) and not KNOWN.x[0].any()


CLAIMS = {
    "setting": "tuned",
    "c2st": {"2000": 0.6},
    "mode_share": 0.02,
    "reference": "two_moons",
    "reference_c2st": 0.62,
    "joint": 0.2,
}


def run(metric, value, **fields):
    labels = LABELS | {"method": "jana", "setting": "tuned", "observation": 0, "draws": 1000}
    return tables.row(labels | fields, metric, value)


def runs():
    """Two seeds of ours, the second far off; ten exact samples; a pair trained both ways."""
    exact = {"method": "exact", "setting": None, "budget": None}
    rows = [
        run("root_mmd", 0.1 + 0.01 * k, seed=k, quantity="posterior", **exact) for k in range(10)
    ]
    for seed, off in ((0, 0.15), (1, 0.95)):
        rows += [run("root_mmd", off, seed=seed, quantity="posterior")]
        rows += [run("c2st", 0.5 + 0.1 * seed, seed=seed, quantity="posterior")]
        rows += [run("mode_share", 0.45, seed=seed, quantity="mode 1")]
        rows += [run("pooling", 0.0, seed=seed, observation=None)]
        rows += [run("train_cpu_seconds", 10.0, seed=seed, observation=None)]
        rows += [run("run_ok", 1.0, seed=seed, observation=None)]
        rows += [run("draw_cpu_seconds", 1.0, seed=seed)]
        rows += [run("c2st", 0.5, seed=seed, quantity="posterior", observation=4)]
        for setting, kl in (("joint", 0.3 + seed), ("separate", 0.2)):
            fields = {"seed": seed, "setting": setting, "observation": None}
            rows += [run("kl_posterior", kl, **fields), run("run_ok", 1.0, **fields)]
    slow = {"method": "snl", "setting": "proper"}
    rows += [run("train_cpu_seconds", 10.0, **slow, observation=None)]
    return [*rows, run("draw_cpu_seconds", 1.0, **slow)]


@pytest.fixture(scope="module")
def after(tmp_path_factory):
    whole = table(runs(), tmp_path_factory.mktemp("t") / "t.csv")
    assert isinstance(whole, pd.DataFrame)
    return standing.rows(1, whole, CLAIMS)


def test_the_band_is_that_of_medians_of_as_many_exact_samples(after):
    low = value(after, metric="root_mmd_low", setting="median of 2", quantity="posterior")
    high = value(after, metric="root_mmd_high", setting="median of 2", quantity="posterior")
    assert 0.1 < low < 0.125 < 0.165 < high < 0.19
    most = value(after, metric="root_mmd_most", setting="median of 2", quantity="posterior")
    assert low < most < high  # nine of ten are no farther
    assert value(after, metric="within_floor", method="jana") == 0  # the median is .55


def test_who_is_closer_than_exact_samples_is_within(tmp_path):
    """By chance, as one of twenty of them is too."""
    near = [
        dict(found, value=0.05)
        if found["metric"] == "root_mmd" and found["method"] == "jana"
        else found
        for found in runs()
    ]
    found = standing.rows(1, table(near, tmp_path / "t.csv"), CLAIMS)
    assert value(found, metric="within_floor", method="jana") == 1


def test_claims_stand_beside_their_measures(after):
    told = {row["quantity"]: row["value"] for row in select(after, metric="claim", method="jana")}
    assert told == {
        "posterior MMD": 0,
        "C2ST": 1,
        "mode shares": 0,
        "runs that ended": 1,
        "difference of kl_posterior": 0,  # .1 and 1.1, of .2
    }
    most = value(after, metric="root_mmd_most", setting="median of 2", quantity="posterior")
    assert value(after, metric="claim_limit", quantity="posterior MMD") == most
    assert value(after, metric="claim_limit", quantity="C2ST") == 0.6
    assert value(after, metric="claim_measure", quantity="C2ST") == pytest.approx(0.55)
    assert value(after, metric="claim_measure", quantity="mode shares") == pytest.approx(0.05)
    assert value(after, metric="answer", method="jana") == 1


def test_nothing_is_shown_by_runs_of_which_one_failed(tmp_path):
    """Neither of ours nor of the reference, whose only other run is good enough."""
    other = {"task": "two_moons", "method": "npe_c", "setting": "proper", "draws": 1000}
    more = [run("c2st", 0.55, **other, quantity="posterior", observation=1)]
    more += [run("run_ok", 1.0, **other, observation=None)]
    failed = [run("run_ok", 0.0, **kind, seed=2, observation=None) for kind in ({}, other)]
    for added, wanted in ((more, 1), (more + failed, 0)):
        whole = table(runs() + added, tmp_path / f"{wanted}.csv")
        found = standing.rows(1, whole, CLAIMS)
        assert value(found, metric="claim", task="two_moons") == wanted
        ours = select(found, metric="claim", quantity="C2ST", method="jana")
        assert [row["value"] for row in ours] == [wanted]


def test_an_amortized_method_learns_once_for_all_observations(after):
    ours = select(after, metric="cpu_seconds_of_all", method="jana", seed=0)
    assert [row["value"] for row in ours] == [10 + 5 * 1]
    assert value(after, metric="cpu_seconds_of_all", method="snl") == 5 * (10 + 1)


def test_joint_training_is_compared_with_separate_seed_by_seed(after):
    gaps = select(after, metric="paired_kl_posterior")
    assert [round(row["value"], 6) for row in gaps] == [0.1, 1.1]
    assert value(after, metric="paired_kl_posterior_mean") == pytest.approx(0.6)
    expected = ttest_rel([0.3, 1.3], [0.2, 0.2]).pvalue
    assert value(after, metric="paired_kl_posterior_pvalue") == pytest.approx(expected)
    assert value(after, metric="paired_kl_posterior_pvalue_adjusted") == pytest.approx(expected)


def test_both_trainings_agree_where_two_one_sided_tests_find_them_equal(tmp_path):
    """The larger end of the 90 % interval: .01 +- 2.92 * .002 of three seeds."""
    rows = []
    for seed, gap in enumerate((0.006, 0.010, 0.014)):
        for setting, kl in (("joint", 0.2 + gap), ("separate", 0.2)):
            fields = {"seed": seed, "setting": setting, "observation": None}
            rows.append(run("kl_posterior", kl, **fields))
    ours = table(rows, tmp_path / "r.csv")
    whole = table(paired.rows(ours), tmp_path / "t.csv")
    ((line, most, theirs),) = paired.most(whole, ours)
    assert line.metric == "paired_kl_posterior_mean" and theirs == pytest.approx(0.2)
    error = 0.004 / 3**0.5
    assert most == pytest.approx(0.01 + 2.919986 * error, rel=1e-4)


def paired_claims(tmp_path, name, failed):
    """Of joint training that differs little; some of its runs, or of separate's, failed."""
    rows = [found for found in runs() if found["setting"] not in ("joint", "separate")]
    for seed, gap in enumerate((0.006, 0.010, 0.014)):
        for setting, kl in (("joint", 0.2 + gap), ("separate", 0.2)):
            fields = {"seed": seed, "setting": setting, "observation": None}
            bad = (setting, seed) in failed
            rows += [run("run_ok", float(not bad), **fields)]
            rows += [] if bad else [run("kl_posterior", kl, **fields)]
    found = standing.rows(1, table(rows, tmp_path / f"{name}.csv"), CLAIMS)
    told = select(found, metric="claim", setting="joint - separate")
    return {row["quantity"]: row["value"] for row in told}


def test_nothing_is_shown_of_joint_training_where_a_run_of_it_failed(tmp_path):
    same = "difference of kl_posterior"
    assert paired_claims(tmp_path, "whole", ()) == {same: 1}
    one = paired_claims(tmp_path, "one", [("separate", 2)])
    assert one == {same: 0, "runs that ended": 0}
    most = paired_claims(tmp_path, "most", [("joint", 1), ("joint", 2)])
    assert most == {"runs that ended": 0}


def test_p_values_are_adjusted_as_holm_does():
    """By hand: 4 * .01, 3 * .02, then no smaller than before it, and at most 1."""
    found = paired.holm(np.array([0.02, 0.9, 0.01, 0.025]))
    assert found == pytest.approx([0.06, 0.9, 0.04, 0.06])
    assert len(paired.holm(np.array([]))) == 0 and paired.holm(np.array([0.9, 0.8])).max() == 1


def test_a_reference_whose_only_run_failed_is_a_claim_that_is_not_shown(tmp_path):
    """It has no scores to be judged by; but its row must not be missing."""
    other = {"task": "two_moons", "method": "npe_c", "setting": "proper", "draws": 1000}
    failed = [run("run_ok", 0.0, **other, observation=None)]
    whole = table(runs() + failed, tmp_path / "table.csv")
    found = standing.rows(1, whole, CLAIMS)
    assert value(found, metric="claim", task="two_moons") == 0
    assert value(found, metric="claim_measure", task="two_moons") == 0
