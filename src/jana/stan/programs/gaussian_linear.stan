// theta ~ N(0, s^2), x ~ N(theta, s^2), coordinate by coordinate.
data {
  int<lower=1> D;
  vector[D] x;
}
transformed data {
  real s = 0.1;
}
parameters {
  vector[D] theta;
}
model {
  target += normal_lpdf(theta | 0, s);
  target += normal_lpdf(x | theta, s);
}
