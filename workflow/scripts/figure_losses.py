"""Training and validation losses of every seed."""

from jana.io import log, netcdf, pictures
from jana.plots import style, training
from jana.provenance import record

log.to(snakemake.log[0])
history = netcdf.load(snakemake.input.history)
exact = netcdf.load_if_any(snakemake.input.exact) or {}
figure = style.figure(2.6)
for ax, part in zip(figure.subplots(1, 2), history.part.values, strict=True):
    run = history.sel(part=part)
    curves = run.train.values, run.validation.values, run.best_epoch.values
    training.losses(ax, part, *curves, -float(exact[part].mean()) if part in exact else None)
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))
