"""Evidence and leave-one-out beside Stan's, and what each network adds to the difference."""

from jana.io import log, pictures, tables
from jana.plots import evidence, style
from jana.provenance import record
from jana.report.diffusion import observations

log.to(snakemake.log[0])
table, task = tables.load(snakemake.input[0]), snakemake.params.task
table = table[(table.design == snakemake.params.design) | (table.method == "stan")]
figure = style.figure(5.2)
panels = figure.subplots(2, 2)
for (above, below), metric, title in zip(
    panels.T, ("lml", "loo"), ("log marginal likelihood", "leave-one-out, sum"), strict=True
):
    stan = observations(table, task, "stan", metric).value
    evidence.agreement(above, stan, observations(table, task, "jana", metric).value)
    off = {m: observations(table, task, m, f"{metric}_error") for m in evidence.PAIRINGS}
    off = {m: found for m, found in off.items() if len(found)}
    gaps, errors = ({m: found[part] for m, found in off.items()} for part in ("value", "error"))
    evidence.differences(below, stan, gaps, errors)
    above.set_title(f"{title} (nats)")
handles = panels[1, 1].get_legend_handles_labels()  # which has all of them
figure.legend(*handles, loc="outside upper center", ncols=4)
pictures.save(snakemake.output[0], style.png(figure, record(rule=snakemake.rule)))
