// Logistic regression with a smoothing prior; the design is data.
data {
  int<lower=1> T;
  matrix[T, 9] V;
  array[T] int<lower=0, upper=1> z;
}
transformed data {
  matrix[9, 9] F = rep_matrix(0, 9, 9); // f = F^-1 (independent standard normals)
  for (i in 1 : 9) {
    F[i, i] = 1 + sqrt((i - 1) / 9.0);
    if (i > 1) {
      F[i, i - 1] = -2;
    }
    if (i > 2) {
      F[i, i - 2] = 1;
    }
  }
}
parameters {
  real beta;
  vector[9] f;
}
model {
  target += normal_lpdf(beta | 0, 2);
  target += multi_normal_prec_lpdf(f | rep_vector(0, 9), crossprod(F));
  target += bernoulli_logit_glm_lpmf(z | V, beta, f);
}
generated quantities {
  vector[T] log_lik;
  for (t in 1 : T) {
    log_lik[t] = bernoulli_logit_lpmf(z[t] | beta + V[t] * f);
  }
}
