// BridgeStan's C interface (version 2.8) over any model that stanc wrote: what the Python package
// bridgestan loads. Written from the interface's documentation,
// https://roualdes.us/bridgestan/latest/languages/c-api.html.
//
// Compiled once per toolchain; each model brings its own `new_model`, which is linked with it.

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <stan/io/empty_var_context.hpp>
#include <stan/io/json/json_data.hpp>
#include <stan/math.hpp>
#include <stan/model/log_prob_grad.hpp>
#include <stan/model/model_base.hpp>
#include <stan/services/util/create_rng.hpp>
#include <stan/version.hpp>

stan::model::model_base& new_model(stan::io::var_context& data, unsigned int seed,
                                   std::ostream* messages);

using stan::model::model_base;
using Vector = Eigen::VectorXd;
using PrintCallback = void (*)(const char*, int);

struct bs_rng {
  decltype(stan::services::util::create_rng(0, 0)) state;
};

struct bs_model {
  model_base* model;
  std::string name;
  std::string info;
  std::string unconstrained;      // names, with commas between
  std::string constrained[2][2];  // the same, by include_tp and include_gq
  int counts[2][2];
};

namespace {

PrintCallback print_callback = nullptr;
std::mutex printing;

// What a model prints while it is called goes to the callback, if there is one.
class Messages : public std::ostringstream {
 public:
  ~Messages() override {
    const std::string text = str();
    if (text.empty() || print_callback == nullptr) return;
    const std::lock_guard<std::mutex> lock(printing);
    print_callback(text.data(), static_cast<int>(text.size()));
  }
};

char* copied(const std::string& text) {
  char* found = static_cast<char*>(std::malloc(text.size() + 1));
  if (found != nullptr) std::memcpy(found, text.c_str(), text.size() + 1);
  return found;
}

void report(char** error, const std::string& text) {
  if (error != nullptr) *error = copied(text);
}

// Runs `work`; what it throws becomes a message, and -1.
template <typename Work>
int guarded(char** error, const char* where, Work work) {
  try {
    work();
    return 0;
  } catch (const std::exception& failure) {
    report(error, std::string(where) + " failed: " + failure.what());
  } catch (...) {
    report(error, std::string(where) + " failed for a reason that it did not name");
  }
  return -1;
}

std::string joined(const std::vector<std::string>& names) {
  std::string found;
  for (std::size_t i = 0; i < names.size(); ++i) found += (i ? "," : "") + names[i];
  return found;
}

// Every thread that differentiates needs its own stack of what it has computed.
void prepare_thread() {
#ifdef STAN_THREADS
  static thread_local stan::math::ChainableStack stack;
#endif
}

Eigen::Map<const Vector> seen(const double* values, int n) { return {values, n}; }

int size(const bs_model* m) { return static_cast<int>(m->model->num_params_r()); }

double log_density(const bs_model* m, bool propto, bool jacobian, Vector& at) {
  Messages messages;
  if (propto) {
    // Which terms are constant is known of autodiff variables alone.
    prepare_thread();
    const stan::math::nested_rev_autodiff nested;
    Eigen::Matrix<stan::math::var, Eigen::Dynamic, 1> variables = at;
    return (jacobian ? m->model->log_prob_propto_jacobian(variables, &messages)
                     : m->model->log_prob_propto(variables, &messages))
        .val();
  }
  return jacobian ? m->model->log_prob_jacobian(at, &messages)
                  : m->model->log_prob(at, &messages);
}

double log_density_gradient(const bs_model* m, bool propto, bool jacobian, Vector& at,
                            Vector& gradient) {
  Messages messages;
  prepare_thread();
  const model_base& model = *m->model;
  using stan::model::log_prob_grad;
  if (propto && jacobian) return log_prob_grad<true, true>(model, at, gradient, &messages);
  if (propto) return log_prob_grad<true, false>(model, at, gradient, &messages);
  if (jacobian) return log_prob_grad<false, true>(model, at, gradient, &messages);
  return log_prob_grad<false, false>(model, at, gradient, &messages);
}

// The gradient's change along a direction, by central differences.
Vector curvature(const bs_model* m, bool propto, bool jacobian, const Vector& at,
                 const Vector& direction) {
  const double length = direction.norm();
  if (length == 0) return Vector::Zero(at.size());
  const double step = std::cbrt(2.2e-16) * (1 + at.norm()) / length;
  Vector ahead = at + step * direction, behind = at - step * direction;
  Vector after(at.size()), before(at.size());
  log_density_gradient(m, propto, jacobian, ahead, after);
  log_density_gradient(m, propto, jacobian, behind, before);
  return (after - before) / (2 * step);
}

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED const int bs_major_version;
EXPORTED const int bs_minor_version;
EXPORTED const int bs_patch_version;
const int bs_major_version = 2;
const int bs_minor_version = 8;
const int bs_patch_version = 0;

EXPORTED void bs_free_error_msg(char* message) { std::free(message); }

EXPORTED int bs_set_print_callback(PrintCallback callback, char** error) {
  return guarded(error, "setting the print callback", [&] {
    const std::lock_guard<std::mutex> lock(printing);
    print_callback = callback;
  });
}

EXPORTED bs_model* bs_model_construct(const char* data, unsigned int seed, char** error) {
  bs_model* found = nullptr;
  guarded(error, "constructing the model", [&] {
    prepare_thread();
    Messages messages;
    model_base* model = nullptr;
    if (data == nullptr || *data == '\0') {
      stan::io::empty_var_context context;
      model = &new_model(context, seed, &messages);
    } else {
      std::istringstream text(data);
      stan::json::json_data context(text);
      model = &new_model(context, seed, &messages);
    }
    auto made = new bs_model();
    made->model = model;
    made->name = model->model_name();
    made->info = "Stan " + stan::MAJOR_VERSION + "." + stan::MINOR_VERSION + "." +
                 stan::PATCH_VERSION + "\n";
    for (const std::string& line : model->model_compile_info()) made->info += line + "\n";
    std::vector<std::string> names;
    model->unconstrained_param_names(names, false, false);
    made->unconstrained = joined(names);
    for (int transformed = 0; transformed < 2; ++transformed) {
      for (int generated = 0; generated < 2; ++generated) {
        names.clear();
        model->constrained_param_names(names, transformed, generated);
        made->constrained[transformed][generated] = joined(names);
        made->counts[transformed][generated] = static_cast<int>(names.size());
      }
    }
    found = made;
  });
  return found;
}

EXPORTED void bs_model_destruct(bs_model* m) {
  if (m == nullptr) return;
  delete m->model;
  delete m;
}

EXPORTED const char* bs_name(const bs_model* m) { return m->name.c_str(); }

EXPORTED const char* bs_model_info(const bs_model* m) { return m->info.c_str(); }

EXPORTED const char* bs_param_names(const bs_model* m, bool include_tp, bool include_gq) {
  return m->constrained[include_tp][include_gq].c_str();
}

EXPORTED const char* bs_param_unc_names(const bs_model* m) { return m->unconstrained.c_str(); }

EXPORTED int bs_param_num(const bs_model* m, bool include_tp, bool include_gq) {
  return m->counts[include_tp][include_gq];
}

EXPORTED int bs_param_unc_num(const bs_model* m) { return size(m); }

EXPORTED int bs_param_constrain(const bs_model* m, bool include_tp, bool include_gq,
                                const double* theta_unc, double* theta, bs_rng* rng,
                                char** error) {
  return guarded(error, "constraining the parameters", [&] {
    if (include_gq && rng == nullptr) {
      throw std::invalid_argument("generated quantities need a random number generator");
    }
    prepare_thread();
    Messages messages;
    Vector given = seen(theta_unc, size(m)), found;
    auto spare = stan::services::util::create_rng(0, 0);
    auto& state = rng == nullptr ? spare : rng->state;
    m->model->write_array(state, given, found, include_tp, include_gq, &messages);
    std::copy(found.data(), found.data() + found.size(), theta);
  });
}

EXPORTED int bs_param_unconstrain(const bs_model* m, const double* theta, double* theta_unc,
                                  char** error) {
  return guarded(error, "unconstraining the parameters", [&] {
    prepare_thread();
    Messages messages;
    Vector found;
    m->model->unconstrain_array(seen(theta, m->counts[0][0]), found, &messages);
    std::copy(found.data(), found.data() + found.size(), theta_unc);
  });
}

EXPORTED int bs_param_unconstrain_json(const bs_model* m, const char* json, double* theta_unc,
                                       char** error) {
  return guarded(error, "unconstraining the parameters", [&] {
    prepare_thread();
    Messages messages;
    std::istringstream text(json);
    stan::json::json_data context(text);
    Vector found;
    m->model->transform_inits(context, found, &messages);
    std::copy(found.data(), found.data() + found.size(), theta_unc);
  });
}

EXPORTED int bs_log_density(const bs_model* m, bool propto, bool jacobian,
                            const double* theta_unc, double* value, char** error) {
  return guarded(error, "the log density", [&] {
    Vector at = seen(theta_unc, size(m));
    *value = log_density(m, propto, jacobian, at);
  });
}

EXPORTED int bs_log_density_gradient(const bs_model* m, bool propto, bool jacobian,
                                     const double* theta_unc, double* value, double* gradient,
                                     char** error) {
  return guarded(error, "the gradient of the log density", [&] {
    Vector at = seen(theta_unc, size(m)), found(size(m));
    *value = log_density_gradient(m, propto, jacobian, at, found);
    std::copy(found.data(), found.data() + found.size(), gradient);
  });
}

EXPORTED int bs_log_density_hessian(const bs_model* m, bool propto, bool jacobian,
                                    const double* theta_unc, double* value, double* gradient,
                                    double* hessian, char** error) {
  return guarded(error, "the Hessian of the log density", [&] {
    const int n = size(m);
    Vector at = seen(theta_unc, n), found(n);
    *value = log_density_gradient(m, propto, jacobian, at, found);
    std::copy(found.data(), found.data() + n, gradient);
    Eigen::MatrixXd columns(n, n);
    for (int i = 0; i < n; ++i) {
      columns.col(i) = curvature(m, propto, jacobian, at, Vector::Unit(n, i));
    }
    Eigen::Map<Eigen::MatrixXd>(hessian, n, n) = 0.5 * (columns + columns.transpose());
  });
}

EXPORTED int bs_log_density_hessian_vector_product(const bs_model* m, bool propto,
                                                   bool jacobian, const double* theta_unc,
                                                   const double* vector, double* value,
                                                   double* product, char** error) {
  return guarded(error, "the Hessian-vector product of the log density", [&] {
    const int n = size(m);
    Vector at = seen(theta_unc, n);
    *value = log_density(m, propto, jacobian, at);
    const Vector found = curvature(m, propto, jacobian, at, seen(vector, n));
    std::copy(found.data(), found.data() + n, product);
  });
}

EXPORTED bs_rng* bs_rng_construct(unsigned int seed, char** error) {
  bs_rng* found = nullptr;
  guarded(error, "constructing the random number generator", [&] {
    found = new bs_rng{stan::services::util::create_rng(seed, 0)};
  });
  return found;
}

EXPORTED void bs_rng_destruct(bs_rng* rng) { delete rng; }
