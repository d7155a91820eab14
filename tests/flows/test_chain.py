"""Chains of layers, as compiled kernels, against the same layers as tensor operations in double."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from jana.flows import affine_kernels, chain_kernels, kernels, linear_kernels
from jana.flows.chain import MOST_PLANS, Chain, chains
from jana.flows.coupling import Coupling, Elementwise
from jana.flows.gaussian import Gaussian
from jana.flows.mixing import ActNorm, Mixing, Permutation
from jana.flows.published import CLAMPED_AFFINE, FreeSpline, Rotation, Scale
from jana.flows.spline import Spline
from jana.flows.warps import Affine
from jana.networks import kernels as perceptron
from jana.networks.adding import adding
from jana.networks.dropout import Masks
from jana.networks.kernels import BLOCK
from jana.networks.mlp import Style
from jana.rng import generator

C = 3
WARPS = {
    "affine": Affine(),
    "published affine": CLAMPED_AFFINE,  # two networks tell it
    "spline": Spline(bins=4),
    "published spline": FreeSpline(bins=4),
}
STYLES = {
    "silu": Style((20, 17), "silu"),
    "relu, dropout": Style((24,), "relu", dropout=0.3),
    "tanh, deep": Style((9, 16, 12), "tanh", dropout=0.1),
}


def layers(warp, style, dim, n=2, members=2):
    """Couplings whose networks tell something."""
    rngs = [generator(seed) for seed in range(members)]
    kind = Coupling if dim > 1 else Elementwise
    couplings = [kind(rngs, dim, C, warp, style) for _ in range(n)]
    first = [between(rngs, dim) for between in (ActNorm, Permutation, Rotation)]
    last = [between(rngs, dim) for between in (Permutation, Scale)]
    made = torch.nn.ModuleList([*first, *couplings, *last])
    for parameter in made.parameters():
        parameter.data.add_(0.05 * torch.randn(parameter.shape, generator=generator(9)))
        parameter.grad = torch.zeros_like(parameter)
    return made


def given(made, dim, rows, members=2):
    """Values, features, and weights of what comes out."""
    rng, whole = generator(5), sum(layer.n_features for layer in made)
    shapes = (members, rows, dim), (members, rows, whole), (members, rows, dim), (members, rows)
    return [torch.randn(shape, generator=rng) for shape in shapes]


def results(made, inputs):
    """What a chain makes, and the gradients of a weighted sum of it by everything."""
    for parameter in made.parameters():
        parameter.grad = torch.zeros_like(parameter)
    x, features, by_z, by_log_det = inputs
    x, features = x.clone().requires_grad_(), features.clone().requires_grad_()
    z, log_det = Chain(list(made))(x, features)
    ((by_z * z).sum() + (by_log_det * log_det).sum()).backward()
    grads = x.grad, features.grad, *(parameter.grad for parameter in made.parameters())
    return z.grad_fn.name(), [z, log_det, *grads]


def in_double(made, inputs):
    """The same by tensor operations."""
    masks = {id(m): m.mask for m in made.modules() if hasattr(m, "mask")}
    precise = copy.deepcopy(made).double()
    for ours, theirs in zip(made.modules(), precise.modules(), strict=True):
        if id(ours) in masks:
            theirs.mask = masks[id(ours)].double()
    return results(precise, [part.double() for part in inputs])


@pytest.mark.parametrize("rows", [1, BLOCK, BLOCK + 7])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("warp", WARPS)
def test_values_and_gradients_are_those_of_the_layers(warp, style, rows):
    for dim in (1, 2, 5):
        made = layers(WARPS[warp], STYLES[style], dim)
        masks = Masks(made)
        masks.rngs = [generator(1), generator(2)]
        masks.draw(rows, torch.device("cpu"))
        made.train()
        inputs = given(made, dim, rows)
        with adding():
            name, found = results(made, inputs)
        (plain, rough), (_, wanted) = results(made, inputs), in_double(made, inputs)
        assert name == "_ChainedBackward" != plain
        for ours, theirs, exact in zip(found, rough, wanted, strict=True):
            if not exact.numel():
                continue  # weights of what sees nothing
            assert exact.abs().max() > 0
            # As near as tensor operations in single precision come.
            errors = [(part - exact).norm() / exact.norm() for part in (ours, theirs)]
            assert errors[0] < 3 * errors[1] + 2e-6, (dim, errors)


def test_outside_training_nothing_is_left_out():
    made = layers(Affine(), STYLES["relu, dropout"], 4).eval()
    inputs = given(made, 4, 10)
    with adding():
        name, (z, *_) = results(made, inputs)
    assert name == "_ChainedBackward"
    torch.testing.assert_close(z.double(), in_double(made, inputs)[1][0], rtol=1e-4, atol=1e-4)


def test_features_may_be_columns_of_more():
    made = layers(Affine(), STYLES["silu"], 4)
    x, features, *weights = given(made, 4, 10)
    wide = torch.cat([torch.full_like(features[..., :5], torch.nan), features], -1)
    with adding():
        name, wanted = results(made, [x, features, *weights])
        wide.requires_grad_()
        z, log_det = Chain(list(made))(x, wide[..., 5:])
    assert z.grad_fn.name() == name
    torch.testing.assert_close(z, wanted[0], rtol=0, atol=0)
    torch.testing.assert_close(log_det, wanted[1], rtol=0, atol=0)


def test_gradients_are_added_to_those_that_are_there():
    made = layers(Spline(bins=4), STYLES["silu"], 3)
    inputs = given(made, 3, 20)
    with adding():
        once = results(made, inputs)[1][4:]
        chain = Chain(list(made))
        for parameter in made.parameters():
            parameter.grad = torch.ones_like(parameter)
        for _ in range(2):
            z, log_det = chain(inputs[0], inputs[1].requires_grad_())
            ((inputs[2] * z).sum() + (inputs[3] * log_det).sum()).backward()
    for parameter, grad in zip(made.parameters(), once, strict=True):
        torch.testing.assert_close(parameter.grad, 1 + 2 * grad, rtol=1e-4, atol=1e-4)


def test_weights_that_moved_are_found_and_a_copy_has_its_own():
    made = layers(Affine(), STYLES["silu"], 3)
    inputs, holder = given(made, 3, 6), torch.nn.Module()
    holder.made, holder.chain = made, Chain(list(made))
    with adding():
        holder.chain(*inputs[:2])
        twin = copy.deepcopy(holder)
        for parameter in made.parameters():
            parameter.data, parameter.grad = 2 * parameter.data, torch.zeros_like(parameter)
        for module, wanted in ((holder, made), (twin, twin.made)):
            module.chain(inputs[0], inputs[1].requires_grad_())[0].sum().backward()
            z = module.chain(*inputs[:2])[0]
            exact = in_double(wanted, [part.detach() for part in inputs])[1][0]
            torch.testing.assert_close(z.double(), exact, rtol=1e-4, atol=1e-4)
            assert all(p.grad is None or p.grad.abs().sum() > 0 for p in wanted.parameters())


def test_tensor_operations_stay_where_the_kernels_do_not_belong():
    made = layers(Affine(), STYLES["silu"], 3)
    inputs = given(made, 3, 6)

    def name():
        return results(made, inputs)[0]

    assert name() != "_ChainedBackward"  # not in a block that adds gradients
    with adding():
        assert name() == "_ChainedBackward"
        with torch.no_grad():
            assert Chain(list(made))(*inputs[:2])[0].grad_fn is None
        first = made[-1].scale
        first.data = torch.stack([first.data, first.data], -1)[..., 0]
        assert name() != "_ChainedBackward"
        first.data = first.data.contiguous()
        assert name() == "_ChainedBackward"
        next(made.parameters()).requires_grad_(False)
        assert Chain(list(made))(*inputs[:2])[0].grad_fn.name() != "_ChainedBackward"
        made.double().requires_grad_(True)
        inputs = [part.double() for part in inputs]
        assert name() != "_ChainedBackward"


def test_what_is_not_finite_is_seen():
    for warp in WARPS.values():
        made = layers(warp, STYLES["silu"], 4)
        inputs = given(made, 4, 5)
        inputs[0][0, 2, 3] = torch.nan
        with adding():
            _, (z, log_det, by_x, *_) = results(made, inputs)
        density = log_det - z.square().sum(-1)
        assert density[0, 2].isnan() and by_x[0, 2].isnan().any()
        assert density.isnan().sum() == 1  # not in other rows


def test_neighbours_are_one_chain():
    rngs = [generator(0)]
    affine, spline = (Coupling(rngs, 4, C, warp, STYLES["silu"]) for warp in (Affine(), Spline()))
    other = Coupling(rngs, 4, C, Affine(bend=torch.tanh), STYLES["silu"])
    gaussian, act = Gaussian(rngs, 4, C, STYLES["silu"]), ActNorm(rngs, 4)
    found = chains([act, gaussian, act, affine, spline, act, other, other, spline])
    assert [len(chain.layers) for chain in found] == [1, 1, 4, 1, 1, 1]
    assert [chain.known for chain in found] == [False, False, True, False, False, True]
    assert not any(chain.known for chain in chains([Mixing(rngs, 4), Permutation(rngs, 4)]))


def test_plans_of_many_shapes_do_not_pile_up():
    made = layers(Affine(), STYLES["silu"], 2, n=1)
    chain = Chain(list(made))
    with adding():
        for rows in range(1, MOST_PLANS + 5):
            chain(*given(made, 2, rows)[:2])
    assert 0 < len(chain.plans) <= MOST_PLANS


def test_kernels_are_compiled_anew_where_those_that_they_call_changed(tmp_path, monkeypatch):
    before = chain_kernels._stamp()
    assert before == chain_kernels._stamp() > 0
    for part in (perceptron, affine_kernels, kernels, linear_kernels):
        other = tmp_path / "other.py"
        other.write_text(Path(part.__file__).read_text() + "# another")
        with monkeypatch.context() as patch:
            patch.setattr(part, "__file__", str(other))
            assert chain_kernels._stamp() != before


FALLBACK = """
import ctypes, numpy as np
found = ctypes.CDLL
def without(name, *more, **others):
    if "libtorch_cpu" in str(name):
        raise OSError("as if this torch had no such library")
    return found(name, *more, **others)
ctypes.CDLL = without
from jana.networks import kernels
a, b, c = (np.random.default_rng(k).normal(size=s).astype("f4") for k, s in
           enumerate([(5, 7), (7, 3), (5, 3)]))
wanted = c + a @ b
kernels._product(0, (5, 3, 7), a.ctypes.data, 7, b.ctypes.data, 3, True, c.ctypes.data, 3,
                 kernels._scratch())
np.testing.assert_allclose(c, wanted, rtol=1e-5)
"""


def test_without_torchs_own_product_there_is_scipys():
    done = subprocess.run([sys.executable, "-c", FALLBACK], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
