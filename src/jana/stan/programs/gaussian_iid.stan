// variance ~ InvGamma(5, 4), mean ~ N(0, variance / 0.25), T independent draws of N(mean, variance).
data {
  int<lower=1> T;
  vector[T] x;
}
parameters {
  real mean;
  real<lower=0> variance;
}
model {
  target += inv_gamma_lpdf(variance | 5, 4);
  target += normal_lpdf(mean | 0, 2 * sqrt(variance));
  target += normal_lpdf(x | mean, sqrt(variance));
}
generated quantities {
  vector[T] log_lik;
  for (t in 1 : T) {
    log_lik[t] = normal_lpdf(x[t] | mean, sqrt(variance));
  }
}
