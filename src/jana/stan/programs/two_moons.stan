// Two moons, by where on the half circle the data lie: its radius, and the share that comes before
// of the arc that the prior's box leaves. In these the density is smooth. Given the data they are
// theta, but for a reflection under which nothing changes, so that this is half of the posterior,
// at twice its density.
functions {
  real acos_within(real cosine) {
    return cosine >= 1 ? 0 : cosine <= -1 ? pi() : acos(cosine);
  }
  // How long the arc is. Of |s| >= 0 and |s| + |d| < sqrt 2, the first keeps the middle of the half
  // circle, and the two sides of the second each take a part about its own diagonal: three pieces
  // are left, some of them empty.
  real arc(real radius, vector x) {
    real aside = x[1] - 0.25;
    real edge = sqrt2() + aside;
    real end = acos_within(fmax(0, aside) / radius);
    real below = acos_within((edge - x[2]) / (sqrt2() * radius));
    real above = acos_within((edge + x[2]) / (sqrt2() * radius));
    array[2] real low = {-pi() / 4 - below, -pi() / 4 + below};
    array[2] real high = {pi() / 4 - above, pi() / 4 + above};
    return fmax(0, fmin(low[1], high[1]) + end)
           + fmax(0, fmin(high[1], end) - fmax(low[2], -end))
           + fmax(0, end - fmax(low[2], high[2]));
  }
}
data {
  vector[2] x;
}
parameters {
  // Nearer than this, nothing is left.
  real<lower=max([0, x[1] - 0.25, abs(x[2]) - sqrt2() - x[1] + 0.25])> radius;
  real<lower=0, upper=1> share;
}
model {
  // p(x | theta), times the area that a radius and a share have in theta; then the prior.
  target += normal_lpdf(radius | 0.1, 0.01) - log(radius) - log(pi());
  target += log(radius) + log(arc(radius, x)) + log2();
  target += -2 * log2();
}
