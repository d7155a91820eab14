"""BayesFlow 2: a posterior and a likelihood approximator, trained one after the other."""

import job  # isort: skip

import logging

import bayesflow as bf
import keras
import numpy as np

logging.getLogger().setLevel(logging.ERROR)
VERSION = f"{bf.__version__} ({keras.backend.backend()})"


def network(setting: dict, kind: str, data: dict) -> bf.approximators.ContinuousApproximator:
    """An approximator of either kind; before the posterior of a set or a series a summary."""
    given, told = ("x", "theta") if kind == "posterior" else ("theta", "x")
    summary = None
    if kind == "posterior" and data["x"].ndim == 3:
        series = setting.get("series", False)
        made = bf.networks.TimeSeriesNetwork if series else bf.networks.DeepSet
        summary = made(summary_dim=16, dropout=0.0)
    as_what = "inference_conditions" if summary is None else "summary_variables"
    adapter = bf.Adapter().convert_dtype("float64", "float32")
    adapter = adapter.rename(told, "inference_variables").rename(given, as_what)
    flow = bf.networks.CouplingFlow(
        depth=setting["depth"],
        transform=setting["transform"],
        use_actnorm=setting.get("actnorm", False),
        subnet_kwargs={"widths": setting["hidden"], "dropout": 0.0, "activation": "silu"},
    )
    return bf.approximators.ContinuousApproximator(
        adapter=adapter, inference_network=flow, summary_network=summary, standardize="all"
    )


def rows(data: dict, kind: str, trials: int | None = None) -> dict:
    """Pairs to learn from: of exchangeable data a row for each trial, or for some, and theta."""
    theta, x = data["theta"], data["x"]
    if kind == "posterior" or x.ndim == 2:
        return {"theta": theta, "x": x}
    x = x[:, :trials]
    return {"theta": np.repeat(theta, x.shape[1], 0), "x": x.reshape(-1, x.shape[2])}


def trained(setting: dict, kind: str, data: dict, epochs: int, laps: job.Laps):
    """The approximator after so many passes, and the steps in each of them."""
    found, pairs = network(setting, kind, data), rows(data, kind, setting.get("trials"))
    each = len(pairs["theta"]) // len(data["theta"])
    batch = setting.get(f"{kind}_batch", setting["batch"] * each)
    whole = len(pairs["theta"]) // batch * batch  # a smaller last batch is compiled anew
    pairs = {name: part[:whole] for name, part in pairs.items()}
    dataset = bf.datasets.OfflineDataset(pairs, batch_size=batch, adapter=found.adapter)
    total = epochs * len(dataset)
    warmup = round(setting["warmup"] * total)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, total - warmup, warmup_target=setting["rate"], warmup_steps=warmup
    )
    ema = {"use_ema": True, "ema_momentum": setting["ema"]} if "ema" in setting else {}
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=setting["clip"], **ema)
    found.compile(optimizer=optimizer)
    timer = keras.callbacks.LambdaCallback(on_epoch_begin=laps.begin, on_epoch_end=laps.end)
    found.fit(dataset=dataset, epochs=epochs, verbose=0, callbacks=[timer])
    return found, len(dataset)


def timed(told: job.Job, kinds: tuple[str, ...]) -> dict[str, float]:
    """What a step takes."""
    each, count = {}, 0
    for kind in kinds:
        laps = job.Laps()
        _, count = trained(told.setting, kind, told.data, job.PASSES, laps)
        each[kind] = laps.steady(count)
    return job.steps(each, job.PASSES * count)


def judged(told: job.Job, kinds: tuple[str, ...]) -> dict[str, float]:
    """Losses, and then draws and densities per second."""
    epochs, data = told.setting["epochs"], told.data
    pair = {k: trained(told.setting, k, data, epochs, job.Laps())[0] for k in kinds}
    found = job.since_start()

    def log_likelihood(theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        each = rows({"theta": theta, "x": x}, "likelihood")
        return pair["likelihood"].log_prob(each).reshape(len(theta), -1).sum(-1)

    def log_posterior(theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        return pair["posterior"].log_prob({"theta": theta, "x": x})

    def drawn(n: int) -> int:
        made = pair["posterior"].sample(num_samples=job.DRAWS, conditions={"x": x[:n]})
        return made["theta"][..., 0].size

    found |= job.losses(log_posterior, log_likelihood, data)
    job.write(VERSION, found)
    x = data["test_x"]
    found |= job.per_second("draws", drawn)
    if x.ndim == 2:
        found |= job.per_second("densities", lambda n: len(log_posterior(*job.some(data, n))))
    return found


told = job.read()
keras.utils.set_random_seed(told.seed)
kinds = ("posterior",) if told.setting.get("series") else ("posterior", "likelihood")
job.write(VERSION, timed(told, kinds) if told.what == "step" else judged(told, kinds))
