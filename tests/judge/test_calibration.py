"""SBC, joint SBC and TARP of every member and quantity, on a conjugate normal model."""

import math

import pytest
import torch
from tidy import LABELS, select, value

from jana import simulators
from jana.diagnostics import ecdf
from jana.evidence.psis import smooth
from jana.judge import calibration
from jana.judge.calibration import EXTRA, Answers
from jana.rng import generator

B, L, QUANTITIES = 400, 63, ["a", "b", *EXTRA]


def normal(value, mean, sd):
    z = (value - mean) / sd
    return (-0.5 * z.square() - math.log(sd * math.sqrt(2 * math.pi))).sum(-1)


def answers(seed, scale=1.0, noise=1.0):
    """theta, x ~ N(theta, 1), theta ~ N(0, 1)^2: posterior N(x / 2, scale^2 / 2), and what
    a likelihood N(theta, noise^2) says of it. References come from other data alone."""
    rng = generator(seed)
    theta = torch.randn(B, 2, generator=rng)
    x, sd = theta + torch.randn(B, 2, generator=rng), scale * 0.5**0.5
    draws = x[:, None] / 2 + sd * torch.randn(B, L, 2, generator=rng)

    def scores(theta, x):
        return torch.stack([normal(x, theta, noise), normal(theta, x / 2, sd)], -1)

    reference = x / 2 + torch.randn(B, 2, generator=rng)
    return theta, Answers(draws, scores(draws, x[:, None]), scores(theta, x), reference)


def judged(posterior, joint, level=0.95):
    """One member; both kinds share the parameters."""
    theta = posterior[0]
    kinds = {"posterior": [posterior[1]], "joint": [joint[1]]}
    return calibration.calibration(generator(99), theta, kinds, level)


def p_values(found, kind="posterior"):
    return dict(zip(QUANTITIES, found.p_values[kind][0].tolist(), strict=True))


def test_every_quantity_is_ranked_in_its_place():
    """Two draws: below the truth in a, above in b; scores above; one of them nearer."""
    theta = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    draws = torch.tensor([[[-1.0, 1.0], [-2.0, 3.0]], [[0.0, 2.0], [0.5, 2.0]]])
    truth, scores = torch.tensor([[0.0, 5.0], [0.0, 5.0]]), torch.ones(2, 2, 2)
    reference = torch.tensor([[-2.0, 2.0], [1.0, 1.5]])
    one = Answers(draws, scores, truth, reference)
    found = calibration.quantity_ranks(generator(0), theta, one)
    # Distances from the reference: truth 8, draws 2 and 1 (squared); then 0.25, 1.25 and 0.5.
    assert found.tolist() == [[2, 0, 0, 2, 2], [2, 0, 0, 2, 0]]


def test_exact_answers_pass_in_every_quantity():
    """The least of five p-values, adjusted, is below 0.05 once in twenty: seeded."""
    found = judged(answers(1), answers(1))
    assert min(p_values(found).values()) > 0.05 and set(p_values(found)) == set(QUANTITIES)
    assert ((found.posterior >= found.lower) & (found.posterior <= found.upper)).all()


def test_adjusted_p_values_of_exact_answers_are_below_five_percent_once_in_twenty():
    """Of 200 tables the count is within 2 and 22 (binomial, 1 in 1,000 at either end)."""
    null, low = ecdf.null_extremes(generator(0), B, L), 0
    for seed in range(200):
        theta, one = answers(1000 + seed)
        low += bool(
            calibration.adjusted(
                calibration.quantity_ranks(generator(seed), theta, one), L, null
            ).min()
            <= 0.05
        )
    assert 2 <= low <= 22


def test_p_values_are_adjusted_for_all_quantities_of_the_table():
    theta, one = answers(1, scale=1.3)
    ranks = calibration.quantity_ranks(generator(0), theta, one)
    null = ecdf.null_extremes(generator(99), B, L)
    raw = ecdf.p_values(ecdf.extremes(ecdf.counts_below(ranks, L), B), null)
    found = judged((theta, one), (theta, one)).p_values["posterior"][0]
    torch.testing.assert_close(found, ecdf.holm(raw))
    assert float(found.min()) == pytest.approx(5 * float(raw.min()), rel=1e-6)


@pytest.mark.parametrize("scale", [0.7, 1.4], ids=["narrow", "wide"])
def test_a_posterior_of_the_wrong_width_is_flagged_in_every_quantity(scale):
    found = judged(answers(1, scale=scale), answers(1))
    assert max(p_values(found).values()) < 0.01
    assert min(p_values(found, "joint").values()) > 0.05


def test_joint_draws_too_narrow_are_flagged_by_joint_sbc_alone():
    found = judged(answers(1), answers(1, scale=0.7))
    assert min(p_values(found).values()) > 0.05 and max(p_values(found, "joint").values()) < 0.01
    inside = (found.joint >= found.lower) & (found.joint <= found.upper)
    assert not inside.all(-1).any()


def test_the_prior_is_flagged_by_what_looks_at_the_data_alone():
    """Parameters cannot tell; their likelihood and their distance from a reference can."""
    theta, one = answers(3)
    prior = torch.randn(B, L, 2, generator=generator(4))
    x = 2 * one.draws.mean(1)  # near enough
    scores = torch.stack([normal(x[:, None], prior, 1.0), normal(prior, 0 * prior, 1.0)], -1)
    truth = torch.stack([normal(x, theta, 1.0), normal(theta, 0 * theta, 1.0)], -1)
    ignorant = theta, Answers(prior, scores, truth, one.reference)
    found = p_values(judged(ignorant, answers(3)))
    assert min(found["a"], found["b"], found["log_posterior"]) > 0.05
    assert found["log_likelihood"] < 0.01 and found["tarp"] < 0.01


def prior(theta):
    return normal(theta, 0 * theta, 1.0)


@pytest.mark.parametrize("scale", [0.8, 1.4], ids=["narrow", "wide"])
def test_weights_of_a_right_likelihood_mend_a_wrong_posterior(scale):
    theta, one = answers(1, scale=scale)
    (mended,) = calibration.refined([one], prior, theta, [1.0])
    found = judged((theta, mended), answers(1))
    assert (
        min(p_values(found).values()) > 0.05
        and max(p_values(judged((theta, one), answers(1))).values()) < 0.01
    )


def test_weights_of_a_wrong_likelihood_spoil_a_right_posterior():
    theta, one = answers(1, noise=0.7)
    (spoiled,) = calibration.refined([one], prior, theta, [1.0])
    found = p_values(judged((theta, spoiled), (theta, one)))
    assert found["a"] < 0.01 and found["log_likelihood"] < 0.01


def test_weights_do_not_hide_a_mode_without_draws():
    """Half of the truths lie where q has nothing: all of its draws weigh alike."""
    rng = generator(8)
    side = torch.randint(2, (B, 1), generator=rng) * 6.0 - 3
    theta = side + 0.5 * torch.randn(B, 1, generator=rng)
    draws = 3 + 0.5 * torch.randn(B, L, 1, generator=rng)

    def target(at):
        both = torch.stack([normal(at, -3.0, 0.5), normal(at, 3.0, 0.5)])
        return both.logsumexp(0) - math.log(2)

    scores = [torch.stack([0 * target(at), normal(at, 3.0, 0.5)], -1) for at in (draws, theta)]
    one = Answers(draws, *scores, 9 + torch.zeros(B, 1))
    (found,) = calibration.refined([one], target, theta, [1.0])
    missed = side[:, 0] < 0
    assert not found.log_weights[missed].any()
    ranks = calibration.quantity_ranks(generator(0), theta, found)
    null = ecdf.null_extremes(generator(99), B, L)
    assert float(calibration.adjusted(ranks, L, null)[0]) < 0.01


def test_what_is_known_of_uniform_ranks_may_be_handed_in():
    theta, one = answers(1)
    kinds = {"posterior": [one], "joint": [one]}
    null = calibration.uniform(generator(7), kinds)
    found = [calibration.calibration(generator(7), theta, kinds, 0.95, n) for n in (None, null)]
    assert torch.equal(found[0].lower, found[1].lower)
    direct, weighted = calibration.both(7, theta, kinds, kinds, 0.95)
    assert torch.equal(direct.p_values["joint"], found[1].p_values["joint"])
    assert torch.equal(direct.posterior, weighted.posterior)
    assert not torch.equal(
        found[1].lower, calibration.calibration(generator(7), theta, kinds, 0.95, null / 2).lower
    )


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_a_truth_without_density_keeps_direct_draws(power):
    theta, one = answers(2)
    one.truth[0, 1], one.truth[1] = -math.inf, -math.inf
    (found,) = calibration.refined([one], prior, theta, [power])
    assert not found.log_weights[:2].any() and not found.log_weights.isnan().any()


def test_a_pool_of_power_0_and_data_sets_with_a_bad_khat_keep_direct_draws():
    theta, one = answers(2, noise=0.7)
    (direct,) = calibration.refined([one], prior, theta, [0.0])
    assert not direct.log_weights.any()
    # Draws a tenth as wide as the posterior: their weights have no variance.
    theta, narrow = answers(3, scale=0.1)
    (mixed,) = calibration.refined([narrow], prior, theta, [1.0])
    kept = (mixed.log_weights == 0).all(1)
    khat = smooth(mixed.log_weights[~kept]).khat
    assert kept.double().mean() > 0.5 and (khat <= 0.7).all()
    rows = calibration.weighed({}, {"posterior": [mixed, direct], "joint": [direct]})
    shares = [(row["metric"], row["seed"], row["value"]) for row in rows]
    share = float((~kept).double().mean())
    assert shares == [("sbc_refined", 0, share), ("sbc_refined", 1, 0), ("jsbc_refined", 0, 0)]
    assert 0 < share < 0.5


def test_draws_outside_the_prior_have_no_weight():
    theta, one = answers(2)
    (found,) = calibration.refined(
        [one], lambda at: prior(at).where(at[..., 0] > -1, -torch.inf), theta.clamp(min=0), [0.5]
    )
    outside = one.draws[..., 0] <= -1
    trusted = (found.log_weights != 0).any(1)
    assert (found.log_weights[:, 1:].isneginf() == (outside & trusted[:, None])).all()
    assert outside[trusted].any()


def test_draws_outside_the_prior_are_counted_by_seed():
    """Of those given simulated data alone; a density that is no number counts."""
    _, one = answers(1)
    kinds = {"posterior": [one, one], "joint": [one._replace(draws=one.draws + 9)] * 2}
    found = iter([torch.zeros(B, L), torch.zeros(B, L)])

    def log_prior(draws):
        density = next(found)
        if draws is kinds["posterior"][1].draws:
            density[0, :2] = torch.tensor([-math.inf, math.nan])
        return density

    kinds["posterior"][1] = one._replace(draws=one.draws.clone())
    rows = calibration.outside(LABELS, log_prior, kinds)
    assert value(rows, metric="outside_support", seed=0) == 0
    assert value(rows, metric="outside_support", seed=1) == pytest.approx(2 / (B * L))


def test_the_band_is_for_all_quantities_together():
    null = ecdf.null_extremes(generator(99), B, L)
    expected = ecdf.band(null, B, L, 1 - 0.2 / 5)
    found = judged(answers(1), answers(1), level=0.8)
    torch.testing.assert_close((found.lower, found.upper), tuple(expected))
    torch.testing.assert_close(found.grid, ecdf.grid(L))


def test_rows_name_the_kind_the_seed_and_the_quantity():
    (theta, right), (_, wide) = answers(1), answers(1, scale=1.4)
    kinds = {"posterior": [right, wide], "joint": [wide, right]}
    found = calibration.calibration(generator(2), theta, kinds, 0.95)
    rows = calibration.rows(LABELS, found, ["a", "b"], "jana")
    for metric, good in (("sbc_pvalue", 0), ("jsbc_pvalue", 1)):
        for seed in range(2):
            p = {row["quantity"]: row["value"] for row in select(rows, metric=metric, seed=seed)}
            assert list(p) == ["a", "b", "log_likelihood", "log_posterior", "tarp"]
            assert (min(p.values()) > 0.05) == (seed == good)
    assert all(row["method"] == "jana" and row["task"] == "toy" for row in rows)
    assert float(found.p_values["joint"][0, 3]) == value(
        rows, metric="jsbc_pvalue", seed=0, quantity="log_posterior"
    )


@pytest.fixture
def trials():
    simulator = simulators.get("gaussian_iid")
    return simulator.draw(generator(5), 30), simulator.draw(generator(6), 200)


def test_references_of_exchangeable_data_do_not_depend_on_the_order_of_trials(trials):
    (_, x), pool = trials
    orders = torch.rand(x.shape, generator=generator(7)).argsort(1)
    other = calibration.references(x.gather(1, orders), pool, True)
    assert torch.equal(calibration.references(x, pool, True), other)
    shuffled = pool.theta, pool.x.flip(1)
    assert torch.equal(calibration.references(x, shuffled, True), other)
    assert not torch.equal(calibration.references(x.flip(1), pool, False), other)


@pytest.mark.parametrize("exchangeable", [True, False])
def test_a_reference_is_the_parameters_of_the_nearest_other_data_set(exchangeable):
    """Columns already in rising order: sorting changes nothing. The truth is not even asked."""
    x = torch.tensor([[[0.0], [1.0]], [[5.0], [9.0]]])
    pool = (
        torch.tensor([[1.0], [2.0], [3.0]]),
        x[[1, 0, 0]] + torch.tensor([0.1, 0.2, 3.0]).view(3, 1, 1),
    )
    assert calibration.references(x, pool, exchangeable).tolist() == [[2.0], [1.0]]


def test_references_do_not_change_the_data(trials):
    (_, x), pool = trials
    before = x.clone(), pool.x.clone()
    calibration.references(x, pool, True)
    assert torch.equal(x, before[0]) and torch.equal(pool.x, before[1])


def test_the_ends_of_the_curves_stand_among_the_rows():
    """Of posteriors twice too narrow too many ranks are low, and too many high."""
    found = judged(answers(1), answers(1, scale=0.5))
    rows = calibration.rows(LABELS, found, ["a", "b"], "jana")
    off = (found.joint - found.grid)[0, 0]
    assert value(rows, metric="jsbc_above", quantity="a") == pytest.approx(float(off.max()))
    assert value(rows, metric="jsbc_below", quantity="a") == pytest.approx(float(off.min()))
    assert off.max() > 0.08 and off.min() < -0.08
    assert len(select(rows, metric="sbc_above")) == len(QUANTITIES)
    assert abs(value(rows, metric="sbc_below", quantity="b")) < 0.08
