// Prey and predators, counted with multiplicative errors.
functions {
  vector flow(real t, vector state, real alpha, real beta, real gamma, real delta) {
    real eaten = state[1] * state[2];
    return [alpha * state[1] - beta * eaten, delta * eaten - gamma * state[2]]';
  }
}
data {
  int<lower=1> T;
  array[T] real<lower=0> times; // where one is 0, the state is the first one
  array[T] vector<lower=0>[2] y;
}
transformed data {
  vector[2] start = [30, 1]';
  int before = 0;
  for (t in 1 : T) {
    before += times[t] == 0;
  }
}
parameters {
  real<lower=0> alpha;
  real<lower=0> beta;
  real<lower=0> gamma;
  real<lower=0> delta;
}
model {
  array[T - before] vector[2] later = ode_rk45_tol(flow, start, 0, times[before + 1 : T], 1e-9,
                                                   1e-9, 100000, alpha, beta, gamma, delta);
  target += lognormal_lpdf(alpha | -0.125, 0.5);
  target += lognormal_lpdf(beta | -3, 0.5);
  target += lognormal_lpdf(gamma | -0.125, 0.5);
  target += lognormal_lpdf(delta | -3, 0.5);
  for (t in 1 : T) {
    vector[2] state = t <= before ? start : later[t - before];
    target += lognormal_lpdf(y[t] | log1p(fmax(state, 0)), 0.1);
  }
}
