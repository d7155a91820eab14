"""Summaries of series: the paper's count, what is handed on, and when it comes."""

import math

import torch

from jana import simulators
from jana.networks.published_series import PaperSeries, scaled
from jana.networks.time_series import TimeSeries
from jana.rng import generator

EPIDEMIC = simulators.get("epidemic")


def own(x, members=1):
    summary = TimeSeries([generator(m) for m in range(members)], 81, 3, 7, 16, 5)
    summary.set_from(x)
    return summary


def test_the_papers_summary_has_as_many_weights():
    summary = PaperSeries([generator(1)], 3)
    assert sum(weight.numel() for weight in summary.parameters()) == 546_336
    x = EPIDEMIC.draw(generator(2), 4).x
    assert summary(x[None]).shape == (1, 4, 198) and summary.learned == slice(0, 192)


def test_series_are_scaled_by_their_own_moments():
    x = EPIDEMIC.draw(generator(2), 20).x
    found = scaled(x[None])
    assert float(found.x.mean(2).abs().max()) < 1e-5
    back = found.x * found.log_sd.exp()[:, :, None] + found.mean[:, :, None]
    torch.testing.assert_close(back[0], x, rtol=1e-4, atol=1e-3)
    sd = x.double().std(1, correction=0).clamp(min=1e-6)
    expected = torch.log2(1 + torch.cat([x.double().mean(1), sd], -1))
    torch.testing.assert_close(found.moments[0].double(), expected, rtol=1e-4, atol=1e-4)


def test_ours_starts_with_moments_alone_and_is_finite_for_empty_series():
    x = EPIDEMIC.draw(generator(2), 50).x
    x[0] = 0.0
    summary = own(x, members=2)
    found = summary(x.expand(2, *x.shape))
    assert found.shape == (2, 50, summary.size) and found.isfinite().all()
    assert (found[..., summary.moments :] == 0).all()


def test_a_weekly_rhythm_turns_the_handed_on_hand():
    """Reports on one day of the week only: the angle of the rhythm is that day's."""
    day = torch.arange(81)
    for weekday in range(7):
        x = torch.ones(1, 1, 81, 3)
        x[:, :, day % 7 == weekday] = 10.0
        summary = own(EPIDEMIC.draw(generator(2), 50).x)
        moments = summary(x)[0, 0, : summary.moments]
        cosine, sine = moments[-6], moments[-3]
        angle = math.atan2(float(sine), float(cosine)) % (2 * math.pi)
        off = angle - 2 * math.pi * weekday / 7
        assert abs((off + math.pi) % (2 * math.pi) - math.pi) < 0.1


def test_what_a_series_has_of_its_own_tells_how_noisy_it_is():
    """Logs of noise scales, by a regression on the moments: an R2 of .8 or more; .7 without."""
    theta, x = EPIDEMIC.draw(generator(2), 3000)
    network = TimeSeries([generator(1)], 81, 3, 7, 4, 2)
    network.set_from(x)
    features = network(x[None])[0, :, : network.moments].double()
    design = torch.cat([features, torch.ones(3000, 1)], 1)
    for name in ("sigma I", "sigma R", "sigma D"):
        target = theta[:, EPIDEMIC.theta_names.index(name)].log().double()
        slope = torch.linalg.lstsq(design[:2000], target[:2000, None], driver="gelsd").solution
        off = target[2000:] - (design[2000:] @ slope)[:, 0]
        assert float(1 - off.var() / target[2000:].var()) > 0.8


def test_neither_growth_nor_the_clock_is_roughness():
    day = torch.arange(81.0)
    rhythm = torch.tensor([1.0, 1.2, 0.8, 0.5, 1.1, 1.0, 0.7])[day.long() % 7]
    smooth = ((0.05 * day).exp() * rhythm)[None, None, :, None].expand(1, 1, 81, 3)
    network = TimeSeries([generator(1)], 81, 3, 7, 4, 2)
    noisy = smooth * (1 + 0.1 * torch.rand(smooth.shape, generator=generator(3)))
    quiet, loud = (network._roughness(x)[0].exp() for x in (smooth, noisy))
    assert (quiet < 2e-3).all() and (loud > 20 * quiet).all()
    assert all((part == 0).all() for part in network._roughness(smooth[:, :, :9]))
