"""Verdicts, by hand: each question with yes and with no, with exact answers and without."""

import math
from itertools import chain

import pytest
from tidy import select, table

from jana.judge import verdicts

THRESHOLDS = {
    "calibrated": 0.01,
    "informative": 0.9,
    "informative_gain": 0.5,
    "accurate": 0.55,
    "trusted": 0.2,
}
JOB = {"experiment": "benchmarks", "task": "toy", "design": "tuned", "method": "jana"}
EXACT = {"experiment": "benchmarks", "task": "toy", "method": "exact"}


def rows(metric, values, labels=JOB, **fields):
    """A row of each value, by seed and observation."""
    return [
        labels | fields | {"metric": metric, "value": value, "seed": seed, "observation": where}
        for seed, member in enumerate(values)
        for where, value in enumerate(member)
    ]


def good():
    """Three seeds; every answer is yes, with room. The median is the second seed's, or the last."""
    return {
        "sbc_pvalue": rows("sbc_pvalue", [[0.3, 0.9], [0.04, 0.8], [0.002, 0.5]]),
        "jsbc_pvalue": rows("jsbc_pvalue", [[0.2, 1.0], [0.05, 0.6], [0.9, 0.5]]),
        "outside_support": rows("outside_support", [[0.0], [0.0], [0.0]]),
        "gain_posterior": rows("gain_posterior", [[3.0], [3.8], [3.7]]),
        "exact": rows("gain_posterior", [[4.0]], EXACT),
        "c2st": rows("c2st", [[0.5, 0.54], [0.5, 0.58], [0.7, 0.9]]),
        "khat": rows("khat", [[0.9, 0.8, 0.1, 0.1], [0.7, 0.5, -1, 0], [0.1, 0.9, 0, 0.6]]),
    }


def joined(parts):
    return list(chain.from_iterable(parts.values()))


def asked(path, parts, thresholds=THRESHOLDS):
    found = verdicts.rows(table(joined(parts), path), thresholds)
    answers = {row["quantity"]: bool(row["value"]) for row in select(found, metric="verdict")}
    measures = {row["quantity"]: row["value"] for row in select(found, metric="verdict_measure")}
    return answers, measures


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.csv"


def test_measures_are_medians_over_seeds(path):
    """Twice the least p of a seed: 0.4, 0.08, 0.004; gains over 4; C2STs; poor k-hats."""
    answers, measures = asked(path, good())
    assert measures == {
        "calibrated": pytest.approx(0.08),
        "within the prior": 0.0,
        "informative": pytest.approx(3.7 / 4),
        "accurate": pytest.approx(0.54),
        "evidence trusted": pytest.approx(0.25),
    }
    assert answers == {
        "calibrated": True,
        "within the prior": True,
        "informative": True,
        "accurate": True,
        "evidence trusted": False,
    }


@pytest.mark.parametrize(
    "part, values, question",
    [
        ("sbc_pvalue", [[0.3, 0.004], [0.004, 0.8], [0.9, 0.9]], "calibrated"),
        ("jsbc_pvalue", [[0.3, 0.004], [0.004, 0.8], [0.9, 0.9]], "calibrated"),
        ("outside_support", [[0.0], [0.0], [1e-6]], "within the prior"),  # one seed is enough
        ("outside_support", [[0.0], [0.0], [math.nan]], "within the prior"),
        ("gain_posterior", [[3.9], [3.9], [math.nan]], "informative"),
        ("gain_posterior", [[3.0], [3.5], [3.7]], "informative"),
        ("c2st", [[0.5, 0.54], [0.5, 0.62], [0.7, 0.9]], "accurate"),
    ],
)
def test_one_bad_measure_is_one_no(part, values, question, path):
    answers, _ = asked(path, good() | {part: rows(part, values)})
    assert [q for q, yes in answers.items() if not yes] == [question, "evidence trusted"]


def test_evidence_is_trusted_with_few_large_khats(path):
    answers, measures = asked(path, good() | {"khat": rows("khat", [[0.7, 0.1, 0.1, 0.2]])})
    assert measures["evidence trusted"] == 0 and answers["evidence trusted"]


@pytest.mark.parametrize("question", ["calibrated", "informative", "accurate", "evidence trusted"])
def test_a_measure_at_its_threshold_is_good(question, path):
    _, measures = asked(path, good())
    names = {"evidence trusted": "trusted"}
    at = THRESHOLDS | {names.get(question, question): measures[question]}
    assert asked(path, good(), at)[0][question]


def test_refined_draws_and_other_methods_have_no_say(path):
    """Nor have published numbers, other designs' rows, or exact draws' C2ST."""
    other = rows("c2st", [[0.99], [0.99], [0.99]], JOB | {"method": "jana_refined"})
    other += rows("khat", [[0.99]] * 3, JOB | {"method": "jana_true_likelihood"})
    other += rows("c2st", [[0.99]], EXACT) + rows("gain_posterior", [[-9.0]], JOB | {"task": "b"})
    other += rows("c2st", [[0.99]] * 3, JOB | {"setting": "published"})
    found = verdicts.rows(table(joined(good()) + other, path), THRESHOLDS)
    measures = select(found, task="toy", metric="verdict_measure")
    assert {row["quantity"]: row["value"] for row in measures} == asked(path, good())[1]


@pytest.mark.parametrize("gain, yes", [(0.5, True), (0.4, False)])
def test_without_an_exact_answer_nats_over_the_prior_are_asked_for(gain, yes, path):
    parts = good() | {"exact": [], "c2st": [], "gain_posterior": rows("gain_posterior", [[gain]])}
    answers, measures = asked(path, parts)
    assert list(answers) == ["calibrated", "within the prior", "informative", "evidence trusted"]
    assert measures["informative"] == gain and answers["informative"] == yes


def test_a_posterior_that_learned_nothing_is_calibrated_but_not_informative(path):
    """As its gain over the prior: none, where 4 nats were to be had."""
    nothing = good() | {"gain_posterior": rows("gain_posterior", [[0.0], [0.0], [0.1]])}
    answers, measures = asked(path, nothing)
    assert answers["calibrated"] and answers["within the prior"]
    assert not answers["informative"] and measures["informative"] == 0


@pytest.mark.parametrize(
    "parts, question",
    [
        (("sbc_pvalue", "jsbc_pvalue"), "calibrated"),
        (("outside_support",), "within the prior"),
        (("gain_posterior",), "informative"),
        (("c2st",), "accurate"),
        (("khat",), "evidence trusted"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_question_that_no_row_answers_is_left_out(parts, question, path):
    answers, _ = asked(path, good() | {part: [] for part in parts})
    assert question not in answers and len(answers) == 4


def test_an_adjusted_p_value_is_one_at_most(path):
    parts = {part: rows(part, [[0.9], [0.8], [1.0]]) for part in ("sbc_pvalue", "jsbc_pvalue")}
    _, measures = asked(path, good() | parts)
    assert measures["calibrated"] <= 1


def test_every_task_and_design_has_its_own_verdicts(path):
    found = joined(good())
    bad = rows("c2st", [[0.9]], JOB | {"design": "paper"})
    elsewhere = rows("gain_posterior", [[0.1]], JOB | {"task": "other"})
    answers = select(
        verdicts.rows(table(found + bad + elsewhere, path), THRESHOLDS), metric="verdict"
    )
    accurate = {
        row["design"]: row["value"] for row in select(answers, task="toy", quantity="accurate")
    }
    assert accurate == {"tuned": 1.0, "paper": 0.0}
    (other,) = select(answers, task="other", quantity="informative")
    assert other["value"] == 0.0 and other["design"] == "tuned" and other["method"] == "jana"
    assert not select(answers, task="other", quantity="accurate")
