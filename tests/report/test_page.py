"""The page: one file that loads nothing, and its numbers are the tables'."""

import base64
import re

import pytest

from jana.io import tables
from jana.plots import style
from jana.report import page

THRESHOLDS = {
    "calibrated": 0.01,
    "informative": 0.9,
    "informative_gain": 0.5,
    "accurate": 0.55,
    "trusted": 0.2,
}
NONE = {"benchmarks": [], "diffusion": [], "comparison": []}  # no pictures of all tasks
JOB = {"experiment": "benchmarks", "task": "two_moons", "design": "tuned", "method": "jana"}

CHAINS = [
    ("fit_rhat", 1.004, {"observation": 0}),
    ("fit_rhat", 1.002, {"observation": 1}),
    ("fit_ess", 900.0, {"observation": 0}),
    ("fit_ess", 1100.0, {"observation": 1}),
    ("fit_divergences", 2.0, {"observation": 0}),
    ("c2st", 0.53, {"observation": 0}),
    ("median_r2", 0.97, {"quantity": "a"}),
    ("sd_ratio", 1.02, {"quantity": "a"}),
    ("draw_seconds", 60.0, {}),
]


def answer(question, good, measure, **labels):
    return [
        tables.row(JOB | labels, "verdict", good, quantity=question),
        tables.row(JOB | labels, "verdict_measure", measure, quantity=question),
    ]


@pytest.fixture
def found(tmp_path):
    """Both tables, tiny."""
    rows = [tables.row(JOB, "kl_joint", kl, seed=i) for i, kl in enumerate([0.31, 0.12, 0.2])]
    rows += [tables.row(JOB | {"design": "paper"}, "kl_joint", 0.456, seed=0)]
    rows += [tables.row(JOB | {"task": "not shown"}, "kl_joint", 98.7, seed=0)]
    rows += answer("calibrated", 1.0, 0.34) + answer("accurate", 0.0, 0.78)
    rows += answer("calibrated", 0.0, 0.0021, design="paper")
    checks = [
        tables.row({"experiment": "checks"}, "flagged", share, quantity=q, method="a <b>", draws=17)
        for q, share in (("TARP", 0.25), ("MMD", 1.0))
    ]
    tables.save(tmp_path / "benchmarks.csv", rows)
    tables.save(tmp_path / "checks.csv", checks)
    times = {"experiment": "diffusion", "task": "drift_diffusion", "design": "tuned"}
    times = [
        *(
            tables.row(times | {"method": "jana"}, "lml_rmse", v, seed=i)
            for i, v in enumerate([0.2, 0.6, 0.3])
        ),
        tables.row(
            times | {"method": "jana", "setting": "20 trials"}, "kl_posterior", 0.077, seed=0
        ),
        tables.row(times | {"method": "jana"}, "median_r2", 0.987, seed=0, quantity="a"),
        tables.row(times | {"method": "stan"}, "contraction_compared", 0.911, quantity="a"),
        *(
            tables.row(times | {"method": "jana_mcmc"}, name, value, seed=0, **fields)
            for name, value, fields in CHAINS
        ),
        tables.row(times | {"method": "jana", "setting": "published"}, "lml_rmse", 0.52),
        tables.row(
            times | {"method": "stan", "setting": "published"}, "median_r2", 0.1, quantity="a"
        ),
        *(
            tables.row(times | {"method": "jana", "setting": "published"}, "r2", v, quantity=q)
            for v, q in ((0.941, "a"), (0.643, "w"))
        ),
        *(
            tables.row(times | {"method": "jana"}, "r2", v, seed=i, quantity="a")
            for i, v in enumerate([0.7, 0.9, 0.8])
        ),
    ]
    tables.save(tmp_path / "diffusion.csv", times)
    names = ("benchmarks", "checks", "diffusion")
    return {name: tmp_path / f"{name}.csv" for name in names} | {
        "comparison": [],
        "epidemic": [],
        "runtimes": [],
    }


def pictures(benchmarks=(), diffusion=(), epidemic=()):
    """Of each experiment."""
    found = {"benchmarks": benchmarks, "diffusion": diffusion, "epidemic": epidemic}
    return {name: list(each) for name, each in found.items()}


@pytest.fixture
def text(found, tmp_path):
    (tmp_path / "losses.png").write_bytes(style.png(style.figure(1.0), {}))
    (tmp_path / "losses.rst").write_text("How to\nread <it>.\n")
    shown = [("two_moons", "tuned", [str(tmp_path / "losses.png")]), ("two_moons", "paper", [])]
    captions, record = [str(tmp_path / "losses.rst")], {"git": "abc & co"}
    responses = [("drift_diffusion", "tuned", [str(tmp_path / "losses.png")])]
    wide = NONE | {"diffusion": [str(tmp_path / "losses.png")]}
    given = found, pictures(shown, responses), wide, captions, THRESHOLDS, record
    page.assemble(tmp_path / "report.html", "smoke", *given)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def cells(text, heading):
    """The rows of the table behind a heading, their cells without markup, lines in one."""
    part = text[text.index(f'id="{heading}"') :]
    body = part[part.index("<table") : part.index("</table>")]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows]
    return [[re.sub(r"<small>(.*?)</small>", r" (\1)", cell) for cell in row] for row in found]


def test_the_page_says_where_the_time_went_if_there_is_a_table(text, found, tmp_path):
    assert 'id="times"' not in text
    labels = {"experiment": "benchmarks", "quantity": "training"}
    took = {
        "jobs": 2,
        "wall_seconds": 90,
        "longest_seconds": 60,
        "cpu_seconds": 75,
        "peak_mb": 1200,
    }
    tables.save(
        tmp_path / "runtimes.csv",
        [tables.row(labels, name, float(value)) for name, value in took.items()],
    )
    found = found | {"runtimes": tmp_path / "runtimes.csv"}
    given = found, pictures([("two_moons", "tuned", [])]), NONE, [], THRESHOLDS, {}
    page.assemble(tmp_path / "report.html", "smoke", *given)
    (_, row) = cells((tmp_path / "report.html").read_text(encoding="utf-8"), "times")
    assert row == ["benchmarks", "training", "2", "1.5", "1.0", "1.2", "1.2"]


def test_the_page_loads_nothing(text):
    sources = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert sources and all(s.startswith(("data:image/png;base64,", "#")) for s in sources)
    assert not re.search(r"https?://|<script|<link|@import|url\(|<iframe|srcset", text)


def test_every_place_that_is_linked_to_is_there(text):
    targets = re.findall(r'href="#([^"]*)"', text)
    assert targets and set(targets) <= set(re.findall(r'id="([^"]*)"', text))


def test_a_figure_is_inlined_whole_with_its_caption(text, tmp_path):
    pictures = re.findall(r'src="data:image/png;base64,([^"]*)"', text)
    assert len(pictures) == 3  # of each experiment, and of all ways to train
    for picture in pictures:
        assert base64.b64decode(picture) == (tmp_path / "losses.png").read_bytes()
    assert "<b>losses.</b> How to read &lt;it&gt;." in text


def test_verdicts_say_yes_or_no_with_their_measure(text):
    assert cells(text, "verdicts") == [
        ["task, design", "calibrated", "accurate"],
        ["two_moons, tuned", "yes (0.34)", "no (0.78)"],
        ["two_moons, paper", "no (0.0021)", ""],
    ]
    assert text.count('<td class="yes">') == 1 and text.count('<td class="no">') == 2


def test_thresholds_are_those_that_were_given(text):
    for value in ("at least 0.01", "at least 0.9", "of 0.5 nats", "0.55", "at most 0.2"):
        assert value in " ".join(text.split())


def test_the_summary_has_a_column_for_each_design_that_is_shown(text):
    head, kl = cells(text, "summary")
    assert head == ["metric", "tuned", "paper", "published", "exact"]
    assert kl[1:] == ["0.200 (0.120 to 0.310)", "0.456", "", ""]
    assert "98.7" not in text


def test_checks_have_a_row_for_each_fault(text):
    assert cells(text, "checks") == [
        ["what is wrong", "repeats", "TARP", "MMD"],
        ["a &lt;b&gt;", "17", "0.25", "1.00"],
    ]


def test_the_record_stands_in_the_footer(text):
    assert "<dt>git</dt><dd>abc &amp; co</dd>" in text


def test_a_figure_without_a_caption_is_an_error(found, tmp_path):
    (tmp_path / "losses.png").write_bytes(b"")
    shown = [("two_moons", "tuned", [str(tmp_path / "losses.png")])]
    with pytest.raises(KeyError, match="losses"):
        given = found, pictures(shown), NONE, [], THRESHOLDS, {}
        page.assemble(tmp_path / "report.html", "smoke", *given)
    assert not (tmp_path / "report.html").exists()


def test_the_pairings_stand_beside_the_published_numbers(text):
    """The median over seeds; nothing where nothing was measured."""
    assert cells(text, "diffusion")[1:] == [
        ["drift_diffusion, tuned", "both networks", "", "0.300", "", "", "", ""],
        ["drift_diffusion, tuned", "published", "", "0.520", "", "", "", ""],
    ]
    assert "<td>r2 a</td><td>0.941</td><td>0.800</td>" in text and "r2 w" not in text
    assert "<td>20</td><td>0.077</td>" in text
    assert "<td>a</td><td>0.987</td><td></td><td></td><td></td><td>0.911</td>" in text


def test_chains_on_the_likelihood_network_show_the_worst_of_all(text):
    shown = ["2", "1.004", "900", "2", "0.530", "0.970", "1.020", "60"]
    row = "".join(f"<td>{cell}</td>" for cell in shown)
    assert f'<th scope="row">drift_diffusion, tuned</th>{row}' in text


def test_without_the_experiment_there_is_no_part_on_it(found, tmp_path):
    given = found | {"diffusion": []}, pictures(), NONE, [], THRESHOLDS, {}
    page.assemble(tmp_path / "report.html", "smoke", *given)
    assert 'id="diffusion"' not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_comparison_has_its_part_with_its_pictures(found, tmp_path):
    ours = {"experiment": "comparison", "task": "two_moons_wiqvist", "method": "jana"}
    ours |= {"setting": "tuned", "budget": 2000, "seed": 0}
    rows = [tables.row(ours, "run_ok", 1.0, quantity="ok")]
    rows += [
        tables.row(ours, "train_seconds", 12.0),
        tables.row(ours | {"quantity": "C2ST"}, "claim", 0.0),
    ]
    rows += [tables.row(ours | {"quantity": "C2ST"}, "claim_measure", 0.701)]
    tables.save(tmp_path / "comparison.csv", rows)
    picture = tmp_path / "two_moons_wiqvist" / "figures" / "times.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(style.png(style.figure(1.0), {}))
    (tmp_path / "times.rst").write_text("Seconds.\n")
    given = found | {"comparison": tmp_path / "comparison.csv"}, pictures()
    given = *given, NONE | {"comparison": [str(picture)]}, [str(tmp_path / "times.rst")]
    page.assemble(tmp_path / "report.html", "smoke", *given, THRESHOLDS, {})
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    part = text[text.index('id="comparison"') :]
    assert "JANA, tuned, 2,000: C2ST" in part and "<small>0.701</small>" in part
    assert "No run failed." in part and "Seconds." in part and "data:image/png" in part


def test_summaries_gather_the_designs_of_a_task(found):
    table = tables.load(found["benchmarks"])
    shown = [("two_moons", "paper", []), ("two_moons", "tuned", []), ("empty", "tuned", [])]
    first, second = page.summaries(table, shown)
    assert (first.task, first.designs) == ("two_moons", ["paper", "tuned"])
    assert [cell.value for cell in first.lines[0].cells] == ["0.456", "0.200"]
    assert (second.task, second.lines) == ("empty", [])


def test_the_epidemic_has_its_part(found, tmp_path):
    ours = {"experiment": "epidemic", "task": "epidemic", "design": "tuned", "method": "jana"}
    rows = [
        tables.row(ours | {"seed": 0}, "crps", 1.234, quantity="all"),
        tables.row(ours | {"method": "exact"}, "crps", 0.5, quantity="all"),
        *(
            tables.row(ours | {"seed": 0}, "peak_day_pvalue", p, quantity=name)
            for name, p in (("infected", 0.5), ("recovered", 0.02), ("dead", 0.9))
        ),
        tables.row(ours | {"seed": 0}, "jsbc_pvalue", 0.321, quantity="sigma I"),
        tables.row(ours | {"budget": 1600}, "loss_posterior", 25.5),
        tables.row(ours | {"budget": 640000, "setting": "published"}, "loss_posterior", 25.6),
        tables.row(
            ours | {"setting": "any parameters", "draws": 10}, "flagged_share", 0.9, quantity="n 2"
        ),
        tables.row(ours | {"setting": "observed: mine", "seed": 0}, "gap_pvalue", 0.003),
    ]
    tables.save(tmp_path / "epidemic.csv", rows)
    (tmp_path / "losses.png").write_bytes(style.png(style.figure(1.0), {}))
    (tmp_path / "losses.rst").write_text("How to read it.\n")
    shown = pictures(epidemic=[("epidemic", "tuned", [str(tmp_path / "losses.png")])])
    given = found | {"epidemic": tmp_path / "epidemic.csv"}, shown, NONE
    given = *given, [str(tmp_path / "losses.rst")], THRESHOLDS, {}
    page.assemble(tmp_path / "report.html", "smoke", *given)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    part = text[text.index('id="epidemic"') :]
    assert "<td>CRPS (thousands)</td><td>0.500</td><td></td><td>1.234</td>" in part
    assert "<td>day of the peak, least p</td><td></td><td></td><td>0.020</td>" in part
    assert "<td>sigma I</td><td></td><td>0.321</td><td></td>" in part
    assert "<td>tuned</td><td>1,600</td><td>25.50</td>" in part
    assert "<td>published</td><td>640,000</td><td>25.60</td>" in part
    assert "any parameters, 10 series" in part and "<td>n 2</td><td>0.900</td>" in part
    assert "<td>mine</td><td>0.003</td>" in part and "data:image/png" in part
