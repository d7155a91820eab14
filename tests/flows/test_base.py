"""Base distributions: densities against scipy, draws against theory."""

import pytest
import torch
from scipy.stats import chi2, f, kstest, multivariate_t

from jana.flows.base import Base, Normal, StudentT
from jana.rng import generator


@pytest.mark.parametrize("df", [1, 3, 50])
@pytest.mark.parametrize("dim", [1, 2, 10])
def test_the_student_t_has_scipys_density(df, dim, rng):
    z = (3 * torch.randn(2, 20, dim, generator=rng)).double()
    expected = multivariate_t(torch.zeros(dim).numpy(), torch.eye(dim).numpy(), df=df)
    found = torch.from_numpy(expected.logpdf(z.reshape(-1, dim).numpy())).reshape(2, 20)
    torch.testing.assert_close(StudentT(df).log_prob(z), found)


@pytest.mark.parametrize("df, dim", [(1, 1), (3, 2), (7, 10)])
def test_a_student_ts_draws_have_a_radius_that_is_f_distributed(df, dim):
    """One chi-square for all coordinates: |z|^2 / D ~ F(D, df). False alarm: 1 in 1,000 each."""
    z = StudentT(df).sample(generator(1), 4, 1000, dim).flatten(0, 1)
    assert kstest(z.square().mean(-1).numpy(), f(dim, df).cdf).pvalue > 1e-3


def test_a_normals_draws_have_a_radius_that_is_chi_square_distributed():
    """False alarm: 1 in 1,000."""
    z = Normal().sample(generator(1), 4000, 3)
    assert kstest(z.square().sum(-1).numpy(), chi2(3).cdf).pvalue > 1e-3


@pytest.mark.parametrize("base", [Normal(), StudentT(4)], ids=repr)
def test_a_base_draws_from_its_generator_alone(base):
    assert isinstance(base, Base)
    first, again = (base.sample(generator(3), 5, 6, 2) for _ in range(2))
    assert first.shape == (5, 6, 2) and torch.equal(first, again)
    assert not torch.equal(first, base.sample(generator(4), 5, 6, 2))


def test_no_degrees_of_freedom_are_refused():
    with pytest.raises(ValueError, match="1 degree of freedom or more, not 0"):
        StudentT(0)
