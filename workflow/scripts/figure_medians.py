"""Posteriors of the first seed beside Stan's, of the same data sets."""

import numpy as np

from jana.io import log, netcdf, pictures
from jana.judge import pairings
from jana.plots import evidence, style
from jana.provenance import record

log.to(snakemake.log[0])
found, shape = netcdf.load(snakemake.input.found), netcdf.load(snakemake.input.observed).x.shape
known = pairings.references(snakemake.input.fits, *shape[:2])
which = sorted(known.fitted)
names, levels = found.parameter.values, (0.05, 0.5, 0.95)
ours = np.quantile(found.posterior.values[0, which], levels, axis=1)
theirs = np.stack([np.quantile(known.fitted[i].draws, levels, axis=0) for i in which], 1)
figure = style.figure(2.3)
for at, (ax, name) in enumerate(zip(figure.subplots(1, len(names)), names, strict=True)):
    r = np.corrcoef(ours[1, :, at], theirs[1, :, at])[0, 1]
    evidence.medians(ax, theirs[..., at], ours[..., at], name, f"r = {r:.4f}")
figure.supxlabel("Stan")
figure.supylabel("posterior network")
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))
