"""The rows that a person reads, out of tidy tables."""

import pytest

from jana.io import tables
from jana.report import summary
from jana.report.summary import Cell

JOB = {"experiment": "benchmarks", "task": "toy", "method": "jana"}


def seeds(metric, values, design="tuned", **fields):
    """A row of each value, by seed and observation."""
    return [
        tables.row(JOB | {"design": design} | fields, metric, value, seed=seed, observation=where)
        for seed, member in enumerate(values)
        for where, value in enumerate(member)
    ]


def exact(metric, value):
    return tables.row({"experiment": "benchmarks", "task": "toy"}, metric, value, method="exact")


def published(metric, value):
    labels = JOB | {"design": "paper", "setting": "published"}
    return tables.row(labels, metric, value)


@pytest.fixture
def lines(tmp_path):
    """By title; of the designs `tuned` and `paper` unless others are named."""

    def read(rows, designs=("tuned", "paper")):
        tables.save(tmp_path / "table.csv", rows)
        found = summary.lines(tables.load(tmp_path / "table.csv"), list(designs))
        return {line.title: line for line in found}

    return read


def test_a_cell_is_the_median_over_seeds_with_the_extremes(lines):
    """Each seed's own number is the mean of its observations: 0.6, 0.5, 0.8."""
    found = lines(seeds("c2st", [[0.5, 0.7], [0.5, 0.5], [0.7, 0.9]]))
    (line,) = found.values()
    assert line.cells == [Cell("0.600", "0.500 to 0.800"), Cell("", "")]
    assert line.published == line.exact == ""


def test_every_design_has_its_cell_in_the_order_asked_for(lines):
    rows = seeds("kl_joint", [[0.1]]) + seeds("kl_joint", [[0.2], [0.4]], design="paper")
    (line,) = lines(rows).values()
    assert line.cells == [Cell("0.100", ""), Cell("0.300", "0.200 to 0.400")]
    (line,) = lines(rows, ["paper", "tuned", "third"]).values()
    assert [cell.value for cell in line.cells] == ["0.300", "0.100", ""]


def test_published_and_exact_numbers_stand_in_columns_of_their_own(lines):
    rows = seeds("nll_posterior", [[1.5]], "paper") + seeds("nll_posterior", [[1.25]])
    rows += [published("nll_posterior", 1.75), exact("nll_posterior", 1.0)]
    (line,) = lines(rows).values()
    assert [cell.value for cell in line.cells] == ["1.250", "1.500"]
    assert (line.published, line.exact) == ("1.750", "1.000")


def test_exact_rows_of_every_design_count_once(lines):
    rows = seeds("c2st", [[0.6]]) + 2 * [exact("c2st", 0.5), exact("c2st", 0.51)]
    (line,) = lines(rows).values()
    assert line.exact == "0.505"


def test_what_only_exact_or_published_rows_tell_makes_no_line(lines):
    assert lines([exact("nll_posterior", 1.0), published("nll_posterior", 1.0)]) == {}


def test_refined_draws_and_other_methods_have_lines_of_their_own(lines):
    rows = seeds("c2st", [[0.6]]) + seeds("c2st", [[0.55]], method="jana_refined")
    rows += seeds("khat", [[0.9, 0.1]]) + seeds("loo_bias", [[-0.25]], method="jana_psis")
    rows += seeds("khat", [[0.1, 0.1, 0.1, 0.8]], method="jana_true_likelihood")
    found = {title: line.cells[0].value for title, line in lines(rows).items()}
    assert found == {
        "C2ST, mean of observations": "0.600",
        "C2ST of refined draws": "0.550",
        "k-hat against the exact density above 0.7 (share)": "0.25",
        "evidence with k-hat above 0.7, not to be trusted (share)": "0.50",
        "leave-one-out by PSIS, bias of totals (nats)": "-0.250",
    }


def test_p_values_are_the_least_of_a_seed_or_the_share_of_small_ones(lines):
    rows = seeds("sbc_pvalue", [[0.5, 0.02], [0.3, 0.9]])
    rows += seeds("mmd_pvalue", [[0.05, 0.051, 0.9, 0.001]])
    found = {title: line.cells[0] for title, line in lines(rows).items()}
    assert found["posterior SBC and TARP, least adjusted p"] == Cell("0.160", "0.020 to 0.300")
    assert found["MMD: share of observations with p ≤ 0.05"].value == "0.50"


def test_rows_without_a_seed_count_as_one(lines):
    rows = [tables.row(JOB | {"design": "tuned"}, "train_seconds", 12.4, unit="s")]
    (line,) = lines(rows).values()
    assert line.cells[0] == Cell("12", "")


def test_numbers_too_small_for_their_digits_are_bounds_and_zero_is_zero(lines):
    rows = seeds("jsbc_pvalue", [[1e-4]]) + seeds("outside_support", [[0.0]])
    rows += seeds("lml_bias", [[-1e-4]]) + seeds("kl_joint", [[0.00051]])
    found = {title: line.cells[0].value for title, line in lines(rows).items()}
    assert found["joint SBC and TARP, least adjusted p"] == "< 0.001"
    assert found["share of draws outside the prior"] == "0"
    assert found["log marginal likelihood, bias (nats)"] == "> -0.001"
    assert found["joint KL to the exact densities (nats)"] == "0.001"


def test_kept_epochs_of_the_two_networks_are_told_apart(lines):
    rows = seeds("best_epoch", [[3.0]], quantity="posterior")
    rows += seeds("best_epoch", [[0.0]], quantity="likelihood")
    found = {title: line.cells[0].value for title, line in lines(rows).items()}
    assert found["epoch kept, posterior network (0: regression)"] == "3"
    assert found["epoch kept, likelihood network (0: regression)"] == "0"


def test_lines_stand_in_the_order_of_the_metrics(lines):
    found = list(lines(seeds("c2st", [[0.5]]) + seeds("kl_joint", [[0.5]])))
    assert found == ["joint KL to the exact densities (nats)", "C2ST, mean of observations"]


def test_verdicts_are_by_task_and_design_and_in_the_order_of_the_questions(tmp_path):
    rows = [
        tables.row(JOB | {"task": task, "design": design}, metric, value, quantity=question)
        for task, design, answers in (
            ("toy", "tuned", {"calibrated": (1.0, 0.1234), "accurate": (0.0, 0.9)}),
            ("other", "paper", {"informative": (0.0, 1e-5)}),
        )
        for question, (good, measure) in answers.items()
        for metric, value in (("verdict", good), ("verdict_measure", measure))
    ]
    tables.save(tmp_path / "table.csv", [*rows, *seeds("c2st", [[0.5]])])
    found = summary.verdicts(tables.load(tmp_path / "table.csv"))
    assert list(found) == [("toy", "tuned"), ("other", "paper")]
    assert list(found["toy", "tuned"].items()) == [
        ("calibrated", (True, "0.12")),
        ("accurate", (False, "0.9")),
    ]
    assert found["other", "paper"] == {"informative": (False, "1e-05")}


def test_flagged_shares_are_by_fault_and_check_in_their_order(tmp_path):
    labels = {"experiment": "checks", "task": "toy"}
    rows = [
        tables.row(labels, "flagged", share, quantity=check, method=fault, draws=repeats)
        for fault, repeats, shares in (
            ("nothing", 200, {"TARP": 0.05, "MMD": 0.0}),
            ("all", 20, {"MMD": 1.0, "TARP": 0.5}),
        )
        for check, share in shares.items()
    ]
    tables.save(tmp_path / "checks.csv", rows)
    checks, faults = summary.flagged(tables.load(tmp_path / "checks.csv"))
    assert checks == ["TARP", "MMD"]
    assert faults == [("nothing", 200, [0.05, 0.0]), ("all", 20, [0.5, 1.0])]
