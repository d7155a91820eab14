"""Series of the likelihood network beside the simulator's and a static forecast: scores, bands."""

import torch

from jana import recipes, simulators
from jana.inference import series
from jana.io import log, netcdf, tables, tensors
from jana.judge import series as judge
from jana.provenance import record, seed_of
from jana.rng import generator

log.to(snakemake.log[0])
p, simulator = dict(snakemake.params.items()), simulators.get(snakemake.wildcards.task)
torch.set_num_threads(p["threads"])
rngs = {name: generator(seed_of(p["seed"], name)) for name in ("like", "floor", "ties", "shown")}
theta, x = (part[: p["parameters"]] for part in tensors.load(snakemake.input.test, "theta", "x"))
(train,) = tensors.load(snakemake.input.train, "x")
model = recipes.trained(snakemake.input.model, p["design"], simulator, x, p["device"])
asked = {"like": (theta, p["draws"]), "shown": (torch.tensor([p["shown"]]), p["pictured"])}
like = {name: series.replicated(rngs[name], simulator, *given) for name, given in asked.items()}
seeds = {name: recipes.generators(p["seeds"], "series", name) for name in asked}
ours = {n: series.surrogates(model, seeds[n], asked[n][0], like[n]) for n in asked}
floor = judge.static(rngs["floor"], train, like["like"].shape[:2])
made = judge.sources(floor, like["like"], *ours["like"])
rows, steps = judge.all_rows(rngs["ties"], p["labels"], p["names"], x, made)
densities = simulator.log_steps(theta, x), series.log_steps(model, theta, x)
tables.save(snakemake.output.rows, rows + judge.density_rows(p["labels"], x, *densities))
shown, others = (torch.stack([like[name], ours[name][0]]) for name in ("shown", "like"))
netcdf.save(
    snakemake.output.steps,
    record(rule=snakemake.rule, params=p, device=recipes.describe(model)),
    {"number": p["names"], "source": list(judge.SOURCES)},
    **judge.arrays(steps, shown[:, 0], others[:, : p["others"]]),
)
