// theta ~ U(-1, 1), x ~ N(theta, 0.1^2), coordinate by coordinate.
data {
  int<lower=1> D;
  vector[D] x;
}
parameters {
  vector<lower=-1, upper=1>[D] theta;
}
model {
  target += uniform_lpdf(theta | -1, 1);
  target += normal_lpdf(x | theta, 0.1);
}
