"""Where gradients go in a training step: see `adding`."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_within: ContextVar[bool] = ContextVar("within", default=False)


@contextmanager
def adding() -> Iterator[None]:
    """Within the block what calls kernels may add gradients by weights to `.grad` itself.

    Autograd does not see these weights then: so `.backward()` is the way, and
    `torch.autograd.grad` by weights is none. It saves a copy of every gradient, and time.
    """
    token = _within.set(True)
    try:
        yield
    finally:
        _within.reset(token)


def added() -> bool:
    """Whether this is such a block."""
    return _within.get()
