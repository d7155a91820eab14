// theta ~ U(-10, 10)^2, x of one mean and either of two widths. In theta the posterior is a needle
// on a hill, which chains find hard to enter and to leave; by the inverse hyperbolic sine of the
// distance from x both are about as wide.
data {
  vector[2] x;
}
parameters {
  vector<lower=asinh((-10 - x) / 0.3), upper=asinh((10 - x) / 0.3)>[2] z;
}
transformed parameters {
  vector[2] theta = x + 0.3 * sinh(z);
}
model {
  target += uniform_lpdf(theta | -10, 10);
  target += log_mix(0.5, normal_lpdf(x | theta, 1), normal_lpdf(x | theta, 0.1));
  target += sum(log(0.3 * cosh(z))); // of theta by z
}
