"""One self-contained HTML file: figures inlined, nothing loaded from anywhere."""

import base64
from pathlib import Path
from typing import NamedTuple

import jinja2
import pandas as pd

from ..io import tables
from ..io.atomic import atomically
from . import summary


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
    """One task and design."""

    task: str
    design: str
    lines: list[summary.Line]
    figures: list[Figure]


def caption(path: Path | str) -> str:
    """A caption file's text; it is reStructuredText without markup, in one paragraph."""
    return " ".join(Path(path).read_text(encoding="utf-8").split())


def section(table: pd.DataFrame, task: str, design: str, figures: list[Figure]) -> Section:
    """The rows of one task and design, and its figures."""
    return Section(task, design, summary.lines(table[table.task == task], design), figures)


def assemble(
    path: Path | str,
    scale: str,
    table: Path | str,
    shown: list[tuple[str, str, list[str]]],
    captions: list[str],
    record: dict[str, str],
) -> None:
    """The whole report from files.

    Args:
        path: Where the page goes.
        scale: Which configuration the results are of.
        table: The tidy table of all tasks.
        shown: Each task, design and its pictures, in the order they are shown.
        captions: Files with what to say of each picture, named as the pictures are.
        record: Provenance, for the footer.
    """
    rows, texts = tables.load(table), {Path(file).stem: caption(file) for file in captions}
    sections = [
        section(rows, task, design, [Figure(Path(png), texts[Path(png).stem]) for png in pictures])
        for task, design, pictures in shown
    ]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("jana", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    template = environment.get_template("page.html")
    with atomically(path) as part:
        part.write_text(
            template.render(scale=scale, sections=sections, record=record), encoding="utf-8"
        )
