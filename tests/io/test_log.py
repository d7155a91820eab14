"""What a training job says."""

import sys

import torch

from jana.io import log
from jana.training.fit import Epoch

EPOCHS = [
    Epoch(i, {"posterior": torch.tensor([2.0, 4.0])}, {"posterior": torch.ones(2)}) for i in (1, 2)
]


class Terminal:
    def __init__(self, tty):
        self.tty, self.text = tty, ""

    def isatty(self):
        return self.tty

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def followed(monkeypatch, tty):
    terminal = Terminal(tty)
    monkeypatch.setattr(sys, "__stderr__", terminal)
    assert list(log.followed(iter(EPOCHS), 0, {"posterior": 2}, "two_moons")) == EPOCHS
    return terminal.text


def test_a_log_gets_plain_lines_and_no_bar(monkeypatch, capsys):
    assert followed(monkeypatch, tty=False) == ""
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "epoch 1/2: training posterior 3.000; validation posterior 1.000"
    assert len(lines) == 2


def test_a_terminal_gets_a_count_of_epochs_with_the_validation_loss(monkeypatch):
    """Without a total: there may be fewer epochs than in the settings, or two stages of them."""
    text = followed(monkeypatch, tty=True)
    assert text.startswith("\rtwo_moons: 0it") and "posterior 1.000" in text
    assert "two_moons: 2it" in text and "2/2" not in text


def test_a_resumed_run_says_so(monkeypatch, capsys):
    monkeypatch.setattr(sys, "__stderr__", Terminal(False))
    list(log.followed(iter(EPOCHS), 7, {"posterior": 9}, "two_moons"))
    assert capsys.readouterr().out.startswith("two_moons: going on after epoch 7\n")
