// An epidemic of a million people with one first case; shares of a thousand tests, with noise.
functions {
  vector flow(real t, vector state, real beta, real gamma, real N) {
    real infections = beta * state[1] * state[2] / N;
    return [-infections, infections - gamma * state[2], gamma * state[2]]';
  }
}
data {
  int<lower=1> T;
  array[T] real<lower=0> times; // days; where one is 0, the state is the first one
  array[T] real x; // share of those tested, with normal noise
}
transformed data {
  real N = 1e6;
  vector[3] start = [N - 1, 1, 0]';
  int tested = 1000;
  int reach = 16; // counts on both sides that may have given a share: noise of one count
  int before = 0;
  array[T] int near; // the nearest count
  for (t in 1 : T) {
    before += times[t] == 0;
    near[t] = to_int(round(tested * x[t]));
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
    real chance = fmin(fmax(infected / N, 0), 1);
    int least = max(near[t] - reach, 0);
    int most = min(near[t] + reach, tested);
    vector[most - least + 1] each;
    for (k in least : most) {
      each[k - least + 1] = binomial_lpmf(k | tested, chance)
                            + normal_lpdf(x[t] | k * 1.0 / tested, 0.001);
    }
    target += log_sum_exp(each);
  }
}
