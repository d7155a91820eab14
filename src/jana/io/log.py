"""What a job says while it runs: plain lines in its log, a progress bar on a terminal."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

from tqdm import tqdm


@runtime_checkable
class Epoch(Protocol):
    """What is said of an epoch; not the training's own class, whose changes are no log's."""

    index: int
    train: dict
    validation: dict


def to(path: Path | str) -> None:
    """Sends all further output of this process to a file, line by line."""
    sys.stdout = sys.stderr = Path(path).open("w", buffering=1, encoding="utf-8")


def followed(
    epochs: Iterator[Epoch], done: int, total: dict[str, int], name: str
) -> Iterator[Epoch]:
    """Passes epochs on, with a line for each, and a bar where the terminal is one.

    Args:
        epochs: Where they come from.
        done: How many an interrupted run had already ended.
        total: How many there may be, by network.
        name: What is being trained.
    """
    if done:
        print(f"{name}: going on after epoch {done}")
    terminal = sys.__stderr__
    silent = terminal is None or not terminal.isatty()
    # Nothing but the bar goes to the terminal: the lines are in the log.
    with tqdm(initial=done, desc=name, file=terminal, disable=silent) as bar:
        for epoch in epochs:
            print(line(epoch, total))
            bar.set_postfix_str(_means(epoch.validation))
            bar.update()
            yield epoch


def line(epoch: Epoch, total: dict[str, int]) -> str:
    """One epoch in words: means over members, in nats per data set."""
    most = max(total[part] for part in epoch.train)
    return (
        f"epoch {epoch.index}/{most}: training {_means(epoch.train)}; "
        f"validation {_means(epoch.validation)}"
    )


def _means(losses: dict) -> str:
    return ", ".join(f"{part} {values.mean():.3f}" for part, values in losses.items())
