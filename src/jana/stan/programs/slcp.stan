// SLCP, folded: the likelihood minds theta[3] and theta[4] by their squares alone, so that the
// posterior is the same in all four quarters. These are their absolute values, U(0, 3); random
// signs afterwards make draws of the whole, whose normalising constant is the same.
data {
  array[4] vector[2] x;
}
parameters {
  vector<lower=-3, upper=3>[2] mean;
  vector<lower=0, upper=3>[2] root;
  real<lower=-3, upper=3> tilt;
}
transformed parameters {
  vector[5] theta = [mean[1], mean[2], root[1], root[2], tilt]';
}
model {
  vector[2] sd = square(root);
  real correlation = tanh(tilt);
  // log(1 - tanh^2), by way of 4 / (e^t + e^-t)^2, which does not cancel.
  real log_rest = 2 * (log2() - log_sum_exp(tilt, -tilt));
  target += uniform_lpdf(mean | -3, 3);
  target += uniform_lpdf(root | 0, 3);
  target += uniform_lpdf(tilt | -3, 3);
  for (i in 1 : 4) {
    vector[2] z = (x[i] - mean) ./ sd;
    target += -log(2 * pi()) - sum(log(sd)) - 0.5 * log_rest
              - 0.5 * (square(z[1]) - 2 * correlation * z[1] * z[2] + square(z[2])) / exp(log_rest);
  }
}
