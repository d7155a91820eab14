"""The comparison's part of the report, out of a tidy table."""

import pytest

from jana.io import tables
from jana.plots.comparison import Box
from jana.report import claims, comparison, contests

TASK = {"experiment": "comparison", "task": "two_moons_wiqvist"}
OURS = TASK | {"method": "jana", "setting": "tuned", "budget": 10000}
FIRST = {"observation": 0, "draws": 1000, "quantity": "posterior"}


def rows():
    found = []
    for seed, off in enumerate((0.11, 0.13, 0.15)):
        labels = OURS | {"seed": seed}
        found += [tables.row(labels, "run_ok", 1.0, quantity="ok")]
        found += [tables.row(labels | FIRST, "root_mmd", off)]
        found += [tables.row(labels | FIRST, "c2st", 0.51)]
        found += [tables.row(labels | FIRST | {"draws": 10000}, "c2st", 0.52 + seed / 100)]
        found += [tables.row(labels, "outside_support", 0.0, observation=0, draws=10000)]
        found += [tables.row(labels, "train_cpu_seconds", 20.0, unit="s")]
        found += [tables.row(labels | {"quantity": ""}, "draw_cpu_seconds", 0.1, observation=0)]
        found += [tables.row(labels, "c2st", 0.5, quantity="posterior", observation=3, draws=500)]
        found += [tables.row(labels, "cpu_seconds_of_all", 21.0, quantity="11 data sets")]
    failed = TASK | {"method": "snl", "setting": "paper", "budget": 2000, "seed": 0}
    found += [tables.row(failed, "run_ok", 0.0, quantity="TimeoutError: not done after 9 s")]
    exact = TASK | {"method": "exact"} | FIRST
    found += [tables.row(exact, "outside_support", 0.0)]  # which makes it no method
    found += [tables.row(exact, "root_mmd", 0.1 + k / 100, seed=k) for k in range(5)]
    for n, (low, high) in {1: (0.1, 0.14), 3: (0.11, 0.13), 10: (0.115, 0.125)}.items():
        edges = TASK | {"method": "exact", "setting": f"median of {n}", "quantity": "posterior"}
        found += [tables.row(edges, "root_mmd_low", low), tables.row(edges, "root_mmd_high", high)]
    found += [tables.row(OURS | {"seed": None}, "answer", 1.0)]
    told = TASK | {"method": "jana", "setting": "published", "budget": 10000} | FIRST
    found += [tables.row(told, "root_mmd", 0.136)]
    found += [tables.row(told, "root_mmd_q1", 0.122), tables.row(told, "root_mmd_q3", 0.149)]
    found += [tables.row(told | {"method": "snvi"}, "root_mmd", 0.129)]
    found += [tables.row(told | {"observation": None, "draws": 10000}, "c2st", 0.606)]
    claim = OURS | {"quantity": "C2ST"}
    found += [tables.row(claim, "claim", 1.0), tables.row(claim, "claim_measure", 0.52)]
    found += [tables.row(claim, "claim_limit", 0.53)]
    first = TASK | {"method": "g_smc", "setting": "published", "budget": 6000} | FIRST
    found += [tables.row(first, "root_mmd_inverse_multiquadratic", 0.321, error=0.005)]
    pair = TASK | {"method": "jana", "setting": "joint - separate", "budget": 2000}
    found += [tables.row(pair, "paired_kl_posterior_mean", 0.01, error=0.02)]
    return [*found, tables.row(pair, "paired_kl_posterior_pvalue_adjusted", 0.7)]


@pytest.fixture
def table(tmp_path):
    tables.save(tmp_path / "t.csv", rows())
    return tables.merged([tmp_path / "t.csv"])


def test_a_line_has_medians_spreads_and_the_published_number(table):
    (part,) = comparison.parts(table)
    line = part.lines[0]
    assert (line.method, line.setting, line.budget, line.runs) == (
        "JANA (its answer)",
        "tuned",
        "10,000",
        "3 of 3",
    )
    titles = [title for *_, title, _ in comparison.COLUMNS]
    cells = dict(zip(titles, line.cells, strict=True))
    assert cells["posterior root MMD"] == ("0.130", "0.110 to 0.150", "0.136")
    assert cells["C2ST"] == ("0.510", "0.510 to 0.510", "")  # of as many draws for every method
    assert cells["C2ST, more draws"] == ("0.530", "0.520 to 0.540", "")
    assert line.others == "0.500 of 500 (published 0.606)" and line.all_seconds == "21"
    assert part.floor[titles.index("posterior root MMD")][0] == "0.120"


def test_failed_runs_are_told_with_their_reason(table):
    (part,) = comparison.parts(table)
    assert part.failures == [
        "SNL, paper, 2,000 simulations, seed 0: TimeoutError: not done after 9 s"
    ]
    assert [line.runs for line in part.lines] == ["3 of 3", "0 of 1", "", ""]


def test_what_is_only_published_has_a_line_of_its_own(table):
    (part,) = comparison.parts(table)
    line = next(line for line in part.lines if line.method == "guided SMC-ABC")
    assert (line.method, line.setting, line.budget) == ("guided SMC-ABC", "published", "6,000")
    titles = [title for *_, title, _ in comparison.COLUMNS]
    told = {title: cell for title, cell in zip(titles, line.cells, strict=True) if any(cell)}
    assert told == {"posterior, first kernel": ("", "", "0.321")}


def test_claims_and_pairs_are_read_from_the_table(table):
    (claim,) = claims.claims(table)
    assert (
        claim.good
        and claim.words == "JANA, tuned, 10,000: C2ST"
        and claim.measure == "0.520, at most 0.530"
    )
    assert claims.pairs(table) == [
        ["two_moons_wiqvist", "JANA", "2,000", "kl_posterior ", "+0.0100", "0.0200", "0.700"]
    ]


def test_pictures_leave_failed_runs_out_and_know_the_floor(table):
    found = contests.boxed(table, "two_moons_wiqvist", "posterior")
    told = Box([0.136], (0.115, 0.125), (0.122, 0.149))  # the median of ten
    ours = {"10,000": Box([0.11, 0.13, 0.15], (0.11, 0.13)), "published, 10,000": told}
    other = {"published, 10,000": Box([0.129], (0.1, 0.14))}  # no quartiles: of one run
    assert found == {"JANA, tuned": ours, "SNVI, published": other}
    once, every = contests.timed(table, "two_moons_wiqvist")
    assert once["JANA, tuned"] == [(10000, pytest.approx(20.1), pytest.approx(0.51), True)]
    assert every["JANA, tuned"] == [(10000, 21, 0.5, True)]
