"""One self-contained HTML file: figures inlined, nothing loaded from anywhere."""

import base64
from pathlib import Path
from typing import NamedTuple

import jinja2
import pandas as pd

from ..io import tables
from ..io.atomic import atomically
from . import (
    ablation,
    claims,
    comparison,
    diffusion,
    epidemic,
    field,
    references,
    runtimes,
    summary,
)


class Figure(NamedTuple):
    """A PNG file and the text that says how to read it."""

    path: Path
    caption: str

    @property
    def source(self) -> str:
        """The picture itself, as a URL."""
        return "data:image/png;base64," + base64.b64encode(self.path.read_bytes()).decode()

    @property
    def title(self) -> str:
        """The file's name, as words."""
        return self.path.stem.replace("_", " ")


class Section(NamedTuple):
    """The figures of one task and design."""

    task: str
    design: str
    figures: list[Figure]


class Summary(NamedTuple):
    """The numbers of one task."""

    task: str
    designs: list[str]
    lines: list[summary.Line]


def caption(path: Path | str) -> str:
    """A caption file's text; it is reStructuredText without markup, in one paragraph."""
    return " ".join(Path(path).read_text(encoding="utf-8").split())


def summaries(table: pd.DataFrame, shown: list[tuple[str, str, list[str]]]) -> list[Summary]:
    """A summary of each task, with a column for each design that is shown for it."""
    designs: dict[str, list[str]] = {}
    for task, design, _ in shown:
        designs.setdefault(task, []).append(design)
    return [
        Summary(task, names, summary.lines(table[table.task == task], names))
        for task, names in designs.items()
    ]


def assemble(
    path: Path | str,
    scale: str,
    found: dict[str, Path | str],
    pictures: dict[str, list[tuple[str, str, list[str]]]],
    overviews: dict[str, list[str]],
    captions: list[str],
    thresholds: dict[str, float],
    record: dict[str, str],
) -> None:
    """The whole report from files.

    Args:
        path: Where the page goes.
        scale: Which configuration the results are of.
        found: The tidy tables, by experiment: "benchmarks", "checks", "diffusion", "epidemic",
            "comparison" and "runtimes"; each of the last four may be an empty list.
        pictures: By experiment ("benchmarks", "diffusion" and "epidemic"), each task, design and
            its pictures, in the order they are shown.
        overviews: Pictures of all tasks, by experiment: "benchmarks", "diffusion" and "comparison";
            of the last the folder above a picture's own names its task.
        captions: Files with what to say of each picture, named as the pictures are.
        thresholds: Of the verdicts.
        record: Provenance, for the footer.
    """
    texts = {Path(file).stem: caption(file) for file in captions}
    table = tables.load(found["benchmarks"])
    verdicts = summary.verdicts(table)
    checks, faults = summary.flagged(tables.load(found["checks"]))
    times, runs, waves, jobs = (
        tables.merged([found[name]] if found[name] else [])
        for name in ("diffusion", "comparison", "epidemic", "runtimes")
    )
    verdicts |= summary.verdicts(times) | summary.verdicts(waves)
    shown, responses, series = (pictures[n] for n in ("benchmarks", "diffusion", "epidemic"))
    designs = list(dict.fromkeys(design for _, design, _ in responses))
    wave_designs = list(dict.fromkeys(design for _, design, _ in series))
    ways, changes = epidemic.flagged(waves)
    sections, answered, waved = (
        [
            Section(task, design, [Figure(Path(png), texts[Path(png).stem]) for png in paths])
            for task, design, paths in part
        ]
        for part in (shown, responses, series)
    )
    wide = {
        part: [Figure(Path(png), texts[Path(png).stem]) for png in paths]
        for part, paths in overviews.items()
    }
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("jana", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    content = environment.get_template("page.html").render(
        scale=scale,
        sections=sections,
        overviews=wide,
        field=field.entries(table),
        others=list(field.OTHERS.values()),
        summaries=summaries(table, shown),
        verdicts=verdicts,
        questions=list(dict.fromkeys(q for answers in verdicts.values() for q in answers)),
        thresholds=thresholds,
        references=references.references(table) + references.references(times),
        responses=answered,
        compared=diffusion.compared(times),
        compared_scores=list(diffusion.SCORES.values()),
        recovered=diffusion.recovered(times),
        chains=diffusion.chains(times),
        lengths=diffusion.lengths(times),
        ablated=ablation.lines(times),
        ablated_losses=list(ablation.LOSSES.values()),
        time_designs=designs,
        published=diffusion.published(times, designs) if responses else [],
        length_scores=list(diffusion.LENGTHS.values()),
        series=waved,
        series_designs=wave_designs,
        series_scores=epidemic.scores(waves, wave_designs),
        series_identified=epidemic.identified(waves, wave_designs),
        series_losses=epidemic.losses(waves),
        series_ways=ways,
        series_flagged=changes,
        series_observed=epidemic.observed(waves),
        series_followed=list(epidemic.FOLLOWED.values()),
        contests=comparison.parts(runs),
        contest_columns=[title for *_, title, _ in comparison.COLUMNS],
        contest_claims=claims.claims(runs),
        contest_pairs=claims.pairs(runs),
        checks=checks,
        faults=faults,
        took=runtimes.took(jobs),
        record=record,
    )
    with atomically(path) as part:
        part.write_text(content, encoding="utf-8")
