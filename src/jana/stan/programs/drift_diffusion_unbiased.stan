// The Wiener diffusion that starts half way between its boundaries; see drift_diffusion.stan.
functions {
  real response_lpdf(real y, real drift, real boundary, real shift) {
    if (y > 0) {
      return wiener_lpdf(y | boundary, shift, 0.5, drift);
    }
    return wiener_lpdf(-y | boundary, shift, 0.5, -drift);
  }
  // A normal density cut off at both ends.
  real truncated_lpdf(real value, real mean, real sd, real low, real high) {
    return normal_lpdf(value | mean, sd)
           - log_diff_exp(normal_lcdf(high | mean, sd), normal_lcdf(low | mean, sd));
  }
}
data {
  int<lower=1> T;
  vector[T] y; // seconds; positive at the upper boundary, negative at the lower
}
transformed data {
  real latest = fmin(min(abs(y)), 1);
}
parameters {
  real<lower=-5, upper=5> drift;
  real<lower=0.5, upper=3> boundary;
  real<lower=0.2, upper=latest> shift;
}
model {
  target += truncated_lpdf(drift | 0, 10, -5, 5);
  target += truncated_lpdf(boundary | 1, 1, 0.5, 3);
  target += truncated_lpdf(shift | 0.4, 0.2, 0.2, 1);
  for (t in 1 : T) {
    target += response_lpdf(y[t] | drift, boundary, shift);
  }
}
generated quantities {
  vector[T] log_lik;
  for (t in 1 : T) {
    log_lik[t] = response_lpdf(y[t] | drift, boundary, shift);
  }
}
