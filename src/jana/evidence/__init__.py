"""Log marginal likelihoods: pure functions of log densities, whoever computed them."""
