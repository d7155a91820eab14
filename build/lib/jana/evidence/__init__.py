"""Log marginal likelihoods: pure functions of log densities, whoever computed them."""

LARGEST_KHAT = 0.7  # above it a mean of importance weights is not to be trusted: arXiv:1507.02646
