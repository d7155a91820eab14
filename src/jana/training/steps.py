"""Gradient steps: as they are on a CPU, recorded and repeated on a GPU.

A step of networks as small as these is hundreds of kernels of microseconds, and a GPU waits for the
program that starts them. A CUDA graph starts them all at once. Nothing that the program decides may
lie within: what is drawn at random, which rows and trials are seen and how fast to learn are
written to fixed places before the graph is started.

Reference: Ng & Gimelshein (2021), Accelerating PyTorch with CUDA graphs, pytorch.org/blog.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..denormals import flushing
from ..flows.counts import Counts
from ..joint import Joint
from ..networks.adding import adding
from ..networks.dropout import Masks
from ..networks.places import there
from ..shared import SharedSummary
from .losses import Trials
from .members import Pace, Part

Loss = Callable[[Joint, Tensor, Tensor, Trials | None, tuple[str, ...]], dict[str, Tensor]]
FIRST = 3  # steps of a shape before it is recorded: libraries make themselves ready in them


class Stepped(NamedTuple):
    """What a step leaves behind.

    Attributes:
        terms: The loss of each network, in nats per data set.
        skipped: By part, whether the step was left out.
    """

    terms: Float[Tensor, "P M"]
    skipped: Bool[Tensor, "G M"]


class Steps:
    """Takes steps of some parts of a model.

    Args:
        model: In training.
        parts: What moves, by the names of the networks in each.
        loss: Terms by network.
        clip: Largest gradient norm, of each part and member.
        per_trial: Whether the likelihood's gradient is that of a mean over trials or steps.
    """

    def __init__(
        self,
        model: Joint,
        parts: dict[tuple[str, ...], Part],
        loss: Loss,
        clip: float,
        per_trial: bool,
    ):
        self.model, self.parts, self.loss = model, parts, loss
        self.clip, self.per_trial = clip, per_trial
        self.names = tuple(name for group in parts for name in group)
        self.recorded: dict[tuple, _Recorded] = {}
        self.seen: Counter[tuple] = Counter()
        self.stream, self.pool, self.refused = None, None, False
        self.beside = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))

    def __call__(
        self,
        theta: Float[Tensor, "M B D"],
        x: Float[Tensor, "M B *X"],
        trials: Trials | None,
        paces: Sequence[Pace],
    ) -> Stepped:
        """One step.

        Args:
            theta: Parameters.
            x: The data sets they gave.
            trials: Which of their exchangeable trials are seen, if not all.
            paces: How each part is to move.
        """
        if theta.device.type != "cuda":
            take = self._side_by_side if self._apart() else self._take
            return take(theta, x, trials, paces)
        rows = torch.tensor([tuple(pace) for pace in paces], dtype=torch.float64).float()
        inputs = [theta, x, there(rows, theta.device)]
        inputs += [there(which, theta.device) for which in trials or ()]
        key = tuple(part.shape for part in inputs)
        if key in self.recorded:
            return self.recorded[key].again(inputs)
        self.seen[key] += 1
        if self.stream is None:
            self.stream = torch.cuda.Stream()
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            found = self._of(inputs)
        torch.cuda.current_stream().wait_stream(self.stream)
        if self.seen[key] == FIRST and not self.refused:
            self._record(key, inputs)
        return found

    def _of(self, inputs: Sequence[Tensor]) -> Stepped:
        """The step of inputs that are all tensors."""
        theta, x, rows, *which = inputs
        return self._take(theta, x, Trials(*which) if which else None, [Pace(*r) for r in rows])

    def _take(
        self, theta: Tensor, x: Tensor, trials: Trials | None, paces: Sequence[Pace]
    ) -> Stepped:
        with adding():
            terms = self.loss(self.model, theta, x, trials, self.names)
            self._total(terms, x).backward()
        moved = zip(self.parts.items(), paces, strict=True)
        skipped = [
            part.step(sum(terms[name] for name in group), pace, self.clip)
            for (group, part), pace in moved
        ]
        return self._stepped(terms, skipped)

    def _total(self, terms: dict[str, Tensor], x: Tensor) -> Tensor:
        # The mean over trials in place of their sum weighs the likelihood's gradient in the norm.
        alike = self.per_trial and (self.model.exchangeable or self.model.serial)
        shares = {"likelihood": 1 / x.shape[2]} if alike else {}
        return sum(shares.get(name, 1.0) * term.sum() for name, term in terms.items())

    def _stepped(self, terms: dict[str, Tensor], skipped: list[Tensor]) -> Stepped:
        return Stepped(torch.stack([terms[n].detach() for n in self.names]), torch.stack(skipped))

    def _side_by_side(
        self, theta: Tensor, x: Tensor, trials: Trials | None, paces: Sequence[Pace]
    ) -> Stepped:
        """As `_take`, each part in a thread of its own, with one thread of torch's each."""

        def moved(group: tuple[str, ...], pace: Pace) -> tuple[dict[str, Tensor], Tensor]:
            part = self.parts[group]
            with adding(), flushing():
                terms = self.loss(self.model, theta, x, trials, group)
                self._total(terms, x).backward()
                return terms, part.step(sum(terms.values()), pace, self.clip)

        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            (first, *pace), (second, *other) = zip(self.parts, paces, strict=True)
            beside = self.beside.submit(moved, second, *other)
            try:
                found = moved(first, *pace)
            finally:
                wait([beside])
        finally:
            torch.set_num_threads(threads)
        each = [found, beside.result()]
        terms = {name: term for some, _ in each for name, term in some.items()}
        return self._stepped(terms, [skipped for _, skipped in each])

    def _apart(self) -> bool:
        """Whether two parts have nothing in common, and a thread each is there for them."""
        return (
            len(self.parts) == 2
            and not isinstance(self.model, SharedSummary)
            and torch.get_num_threads() > 1
        )

    def _record(self, key: tuple, inputs: Sequence[Tensor]) -> None:
        """Records a step like the one that was just taken; it is not taken again."""
        places = [part.clone() for part in inputs]
        random = [_Lying(*source) for source in self._random()]
        graph = torch.cuda.CUDAGraph()
        for lying in random:
            lying.source.held = True
        try:
            with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
                found = self._of(places)
        except RuntimeError as error:
            self.refused = True
            print(f"steps cannot be recorded, and are taken one by one, slowly: {error}")
            return
        finally:
            for lying in random:
                lying.source.held = False
        self.pool = graph.pool()
        self.recorded[key] = _Recorded(graph, places, random, found)

    def _random(self) -> list[tuple[Masks | Counts, Sequence[Tensor], int]]:
        """Where the step that was just taken has its random numbers from."""
        every = self.model.masks().items()
        used = [masks for name, masks in every if name in self.names or name == "summary"]
        each = [one for masks in used for one in masks.each()]
        found = [(one, one.lying(), one.rows) for one in each if one.rows or one.others]
        counts = self.model.counts
        if counts is not None and "likelihood" in self.names:
            found.append((counts, [counts.places], len(counts.places)))
        return found


@dataclass(frozen=True)
class _Lying:
    """A source of random numbers, and the places that a recorded step reads them from."""

    source: Masks | Counts
    places: Sequence[Tensor]
    rows: int

    def redraw(self) -> None:
        """Draws other numbers into the same places."""
        if isinstance(self.source, Counts):
            self.source.redraw(self.places[0])
        else:
            self.source.redraw(self.places, self.rows)


@dataclass(frozen=True)
class _Recorded:
    """A step of one shape, the places of its inputs and its results."""

    graph: torch.cuda.CUDAGraph
    inputs: Sequence[Tensor]
    random: Sequence[_Lying]
    found: Stepped

    def again(self, inputs: Sequence[Tensor]) -> Stepped:
        """The same step with other inputs and other random numbers."""
        for place, value in zip(self.inputs, inputs, strict=True):
            place.copy_(value)
        for lying in self.random:
            lying.redraw()
        self.graph.replay()
        return Stepped(*(part.clone() for part in self.found))
