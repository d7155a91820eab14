// theta ~ U(-10, 10)^2, x of one mean and either of two widths.
data {
  vector[2] x;
}
parameters {
  vector<lower=-10, upper=10>[2] theta;
}
model {
  target += uniform_lpdf(theta | -10, 10);
  target += log_mix(0.5, normal_lpdf(x | theta, 1), normal_lpdf(x | theta, 0.1));
}
