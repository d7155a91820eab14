"""Posterior draws of the first seed over exact ones, for three observations."""

from jana.io import log, netcdf, pictures
from jana.plots import posterior, style
from jana.provenance import record

log.to(snakemake.log[0])
exact, ours = netcdf.load(snakemake.input.exact), netcdf.load(snakemake.input.draws)
found = netcdf.load(snakemake.input.coordinates)
samples = exact["first"].values, ours.posterior.values[0]
names, labels = exact.parameter.values, ("exact", "posterior network")
lines = {name: found[f"posterior_{name}"].values for name in ("shares", "lower", "upper")}
lines["differences"] = found.posterior.values
figure = style.figure(4.8)
posterior.comparison(figure, samples, lines, names, labels, "observation")
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))
