// Two moons, by where on the half circle the data lie: its angle and radius, in which the density
// is smooth. Given the data they are theta, but for a reflection under which nothing changes, so
// that this is half of the posterior, at twice its density.
data {
  vector[2] x;
}
parameters {
  real<lower=-pi() / 2, upper=pi() / 2> angle;
  real<lower=0> radius;
}
model {
  // The two diagonals of theta; the first up to its sign.
  real across = radius * cos(angle) - x[1] + 0.25;
  real along = x[2] - radius * sin(angle);
  // p(x | theta), times the area that an angle and a radius have in theta.
  target += normal_lpdf(radius | 0.1, 0.01) - log(radius) - log(pi());
  target += log(radius) + log2();
  // The prior's box, turned by 45 degrees.
  if (across > 0 && across + abs(along) < sqrt2()) {
    target += -2 * log2();
  } else {
    target += negative_infinity();
  }
}
