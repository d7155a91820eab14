"""Posterior SBC and joint SBC of the first seed, side by side or quantity by quantity."""

from jana.io import log, netcdf, pictures
from jana.plots import calibration, style
from jana.provenance import record

log.to(snakemake.log[0])
curves = netcdf.load(snakemake.input[0])
kinds = {
    "posterior SBC: simulated data": curves.posterior.values[0],
    "joint SBC: surrogate data": curves.joint.values[0],
}
names = [str(name) for name in curves.quantity.values]
draw = calibration.overlaid if len(names) <= calibration.FEW else calibration.gridded
figure = draw(curves.grid.values, kinds, (curves.lower.values, curves.upper.values), names)
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))
