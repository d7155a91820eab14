"""Surrogate data of the first seed over simulated ones, at three true parameters."""

from jana.io import log, netcdf, pictures
from jana.plots import posterior, style
from jana.provenance import record

log.to(snakemake.log[0])
found, draws = netcdf.load(snakemake.input.coordinates), netcdf.load(snakemake.input.draws)
flat = (*draws.simulated.shape[:2], -1)
samples = (draws.simulated.values.reshape(flat), draws.surrogate.values[0].reshape(flat))
names = [f"x_{index + 1}" for index in range(found.surrogate.shape[1])]
labels = ("simulator", "likelihood network")
lines = {name: found[f"surrogate_{name}"].values for name in ("shares", "lower", "upper")}
lines["differences"] = found.surrogate.values
figure = style.figure(4.8)
posterior.comparison(figure, samples, lines, names, labels, "parameters of observation")
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))
