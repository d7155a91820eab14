// An epidemic of a million people with one first case; binomial counts of a thousand tests.
functions {
  vector flow(real t, vector state, real beta, real gamma, real N) {
    real infections = beta * state[1] * state[2] / N;
    return [-infections, infections - gamma * state[2], gamma * state[2]]';
  }
}
data {
  int<lower=1> T;
  array[T] real<lower=0> times; // days; where one is 0, the state is the first one
  array[T] int<lower=0, upper=1000> y;
}
transformed data {
  real N = 1e6;
  vector[3] start = [N - 1, 1, 0]';
  int before = 0;
  for (t in 1 : T) {
    before += times[t] == 0;
  }
}
parameters {
  real<lower=0> beta;
  real<lower=0> gamma;
}
model {
  array[T - before] vector[3] later = ode_rk45_tol(flow, start, 0, times[before + 1 : T], 1e-9,
                                                   1e-9, 100000, beta, gamma, N);
  target += lognormal_lpdf(beta | log(0.4), 0.5);
  target += lognormal_lpdf(gamma | log(0.125), 0.2);
  for (t in 1 : T) {
    real infected = t <= before ? 1 : later[t - before][2];
    // The solver may step a little below none.
    target += binomial_lpmf(y[t] | 1000, fmin(fmax(infected / N, 0), 1));
  }
}
