"""ECDFs of posterior draws and surrogate data less those of exact draws and simulated data."""

from jana.diagnostics import two_sample
from jana.io import log, netcdf
from jana.provenance import record
from jana.rng import generator

log.to(snakemake.log[0])
p, names = dict(snakemake.params.items()), ("posterior", "surrogate", "simulated")
posterior, surrogate, simulated = netcdf.tensors(snakemake.input.draws, *names)
(exact,) = netcdf.tensors(snakemake.input.exact, "first")
shown, n = p["observations"], exact.shape[1]
pairs = {"posterior": (exact, posterior[0]), "surrogate": (simulated, surrogate[0])}
few = {kind: (sample[:shown].flatten(2) for sample in pair) for kind, pair in pairs.items()}
gaps = {kind: two_sample.ecdf_differences(*pair) for kind, pair in few.items()}
lines = shown * max(gap.shape[1] for gap in gaps.values())
band = two_sample.band(generator(p["seed"]), n, n, 1 - (1 - p["level"]) / lines)
axes = {kind: ("dataset", f"{kind}_coordinate", "point") for kind in pairs}
arrays = {kind: (axes[kind], gap) for kind, gap in gaps.items()}
edges = {name: (("point",), values) for name, values in band._asdict().items()}
netcdf.save(snakemake.output[0], record(rule=snakemake.rule, params=p), **arrays, **edges)
