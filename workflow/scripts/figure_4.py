"""Draws of every method and budget given x = (0, 0), over exact ones."""

from jana.io import log, netcdf, pictures
from jana.plots import comparison, style
from jana.provenance import record
from jana.report.contests import pictured

log.to(snakemake.log[0])
exact = netcdf.load(snakemake.input.known)["first"]
runs = [netcdf.load(path) for path in snakemake.input.runs]
panels = pictured(snakemake.params.runs, runs)
columns = min(7, len(panels))
rows = -(-len(panels) // columns)
figure = style.figure(1.25 * rows)
names = exact["parameter"].values
comparison.scatters(figure, panels, exact.values, names, (rows, columns))
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))
