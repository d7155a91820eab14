"""The rational-quadratic splines on a CPU, in single precision, with the gradient in closed form.

As tensor operations a spline is a hundred small ones, which take longer than the networks that
tell it. Here values are worked on side by side, bin by bin and without branches, which compiles
to vector code. `spline.py` and `published.py` have the same arithmetic for every other device and
precision.

Throughout: value (N,) and params (N, P), a row for each; `free` says which spline they are of
(`published.FreeSpline` or `spline.Spline`), `shape` is (bins K, half width of the box at zero,
limit of the own one's raw numbers or least size of the free one's). In a block of values, the
first axis of two is along x and along z, or at the left and at the right end of a bin.
"""

from .gradient import gradient
from .warp import warp

__all__ = ["gradient", "warp"]
