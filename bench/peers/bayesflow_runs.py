"""BayesFlow 2: a posterior and a likelihood approximator, trained one after the other."""

import os

import job

os.environ.setdefault("KERAS_BACKEND", "jax")

import logging

import bayesflow as bf
import keras
import numpy as np

logging.getLogger().setLevel(logging.ERROR)


def network(setting: dict, kind: str, data: dict) -> bf.approximators.ContinuousApproximator:
    """An approximator of either kind. Exchangeable data have trials in rows of their own for the
    likelihood, and a deep set or a recurrent network before the posterior."""
    given, told = ("x", "theta") if kind == "posterior" else ("theta", "x")
    summary, series = None, setting.get("series", False)
    if kind == "posterior" and data["x"].ndim == 3:
        made = bf.networks.TimeSeriesNetwork if series else bf.networks.DeepSet
        summary = made(summary_dim=16, dropout=0.0)
    as_what = "inference_conditions" if summary is None else "summary_variables"
    adapter = bf.Adapter().convert_dtype("float64", "float32")
    adapter = adapter.rename(told, "inference_variables").rename(given, as_what)
    flow = bf.networks.CouplingFlow(
        depth=setting["depth"],
        transform=setting["transform"],
        use_actnorm=False,
        subnet_kwargs={"widths": setting["hidden"], "dropout": 0.0, "activation": "silu"},
    )
    return bf.approximators.ContinuousApproximator(
        adapter=adapter, inference_network=flow, summary_network=summary, standardize="all"
    )


def rows(data: dict, kind: str) -> dict:
    """Pairs to learn from: of exchangeable data each trial is one, for the likelihood."""
    theta, x = data["theta"], data["x"]
    if kind == "posterior" or x.ndim == 2:
        return {"theta": theta, "x": x}
    return {"theta": np.repeat(theta, x.shape[1], 0), "x": x.reshape(-1, x.shape[2])}


def trained(setting: dict, kind: str, data: dict, epochs: int, laps: job.Laps | None = None):
    """The approximator after so many passes: Adam with a cosine and a clipped norm."""
    found, pairs = network(setting, kind, data), rows(data, kind)
    batch = setting["batch"] * (len(pairs["theta"]) // len(data["theta"]))
    dataset = bf.datasets.OfflineDataset(pairs, batch_size=batch, adapter=found.adapter)
    steps = epochs * len(dataset)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        steps,
        alpha=1e-3,
        warmup_target=setting["rate"],
        warmup_steps=max(1, round(setting["warmup"] * steps)),
    )
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=setting["clip"])
    found.compile(optimizer=optimizer)
    callbacks = []
    if laps is not None:
        laps.steps = len(dataset)
        callbacks = [keras.callbacks.LambdaCallback(laps.begin, laps.end)]
    found.fit(dataset=dataset, epochs=epochs, verbose=0, callbacks=callbacks)
    return found


told = job.read()
keras.utils.set_random_seed(told.seed)
kinds = ("posterior",) if told.setting.get("series") else ("posterior", "likelihood")
found: dict[str, float] = {}
if told.what == "step":
    for kind in kinds:
        laps = job.Laps(0)
        trained(told.setting, kind, told.data, job.PASSES, laps)
        found = job.added(found, laps.found()) if found else laps.found()
    found["train_peak_mb"] = job.peak()
else:
    pair = {k: trained(told.setting, k, told.data, told.setting["epochs"]) for k in kinds}
    found = job.since_start()

    def log_likelihood(theta, x):
        """Summed over exchangeable trials."""
        each = rows({"theta": theta, "x": x}, "likelihood")
        return pair["likelihood"].log_prob(each).reshape(len(theta), -1).sum(-1)

    def log_posterior(theta, x):
        return pair["posterior"].log_prob({"theta": theta, "x": x})

    found |= job.losses(log_posterior, log_likelihood, told.data)
    x = told.data["test_x"]

    def drawn(n):
        made = pair["posterior"].sample(num_samples=job.DRAWS, conditions={"x": x[:n]})
        return made["theta"].size // made["theta"].shape[-1]

    found |= job.per_second("draws", drawn)
    found |= job.per_second("densities", lambda n: len(log_posterior(*job.some(told.data, n))))
    found["peak_mb"] = job.peak()
job.write(f"{bf.__version__} ({keras.backend.backend()})", found)
