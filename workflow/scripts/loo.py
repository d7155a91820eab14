"""Leave-one-out predictive densities of exchangeable data, in two ways."""

import torch

from jana import recipes, simulators
from jana.evidence import elpd
from jana.inference import draws, loo, surrogate
from jana.io import log, netcdf, tensors
from jana.provenance import record

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
x = tensors.load(snakemake.input.test, "x")[0][: p["datasets"]]
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
(x,) = model.shared(x)
rngs = [recipes.generators(p["seeds"], "loo", of) for of in ("without one", "with all")]
left_out = []
for one in x.unbind(1):  # one data set after another, to bound memory
    without = loo.draws_left_out(model, rngs[0], one, p["draws"])
    left_out.append(loo.log_likelihood_left_out(model, without, one))
full = draws.posterior_draws(model, rngs[1], x, p["draws"]).draws
with_all = surrogate.log_likelihood_of_trials(model, full, x)
found = {"direct": elpd.direct(torch.stack(left_out, 1)), "psis": elpd.psis(with_all)}
axes = ("member", "dataset", "trial")
netcdf.save(
    snakemake.output[0],
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    **{
        f"{way}_{name}": (axes[: values.ndim], values)
        for way, estimate in found.items()
        for name, values in estimate._asdict().items()
    },
)
