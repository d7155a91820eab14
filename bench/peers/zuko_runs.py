"""zuko: a plain training loop over a posterior and a likelihood flow, data in memory."""

import job  # isort: skip

import numpy as np
import torch
import zuko

told = job.read()
setting, data = told.setting, told.data
torch.set_num_threads(setting.get("threads", 1))
torch.manual_seed(told.seed)
theta, x = (torch.as_tensor(data[name]) for name in ("theta", "x"))
scales = [(part.mean(0), part.std(0)) for part in (theta, x)]
standard = [(part - mean) / sd for part, (mean, sd) in zip((theta, x), scales, strict=True)]
networks = {"transforms": setting["transforms"], "hidden_features": setting["hidden"]}
if setting["flow"] == "NICE":
    networks["activation"] = torch.nn.SiLU
dims, made = (theta.shape[1], x.shape[1]), getattr(zuko.flows, setting["flow"])
pair = made(*dims, **networks), made(*dims[::-1], **networks)
optimizer = torch.optim.Adam([w for f in pair for w in f.parameters()], setting["rate"], fused=True)
passes = job.PASSES if told.what == "step" else setting["epochs"]
count = len(theta) // setting["batch"]
schedule = torch.optim.lr_scheduler.LambdaLR(
    optimizer, lambda done: job.rate((done + 1) / (passes * count + 1), setting["warmup"])
)


def one_pass() -> None:
    """Over all pairs that fill a batch, in a new order."""
    order = torch.randperm(len(theta))[: count * setting["batch"]]
    for rows in order.split(setting["batch"]):
        some, seen = (part[rows] for part in standard)
        loss = -(pair[0](seen).log_prob(some).mean() + pair[1](some).log_prob(seen).mean())
        optimizer.zero_grad()
        loss.backward()
        for flow in pair:
            torch.nn.utils.clip_grad_norm_(flow.parameters(), setting["clip"])
        optimizer.step()
        schedule.step()


def log_prob(which: int, value: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Of the posterior (0) or the likelihood (1), by pair, of numbers as they are."""
    ends = scales if which == 0 else scales[::-1]
    with torch.no_grad():
        told, seen = (
            (torch.as_tensor(part) - mean) / sd
            for part, (mean, sd) in zip((value, given), ends, strict=True)
        )
        return (pair[which](seen).log_prob(told) - ends[0][1].log().sum()).numpy()


laps = job.Laps()
for _ in range(passes):
    laps.begin()
    one_pass()
    laps.end()
if told.what == "step":
    found = job.steps({"": laps.steady(count)}, passes * count)
else:
    found = job.since_start()
    found |= job.losses(
        lambda theta, x: log_prob(0, theta, x), lambda theta, x: log_prob(1, x, theta), data
    )
    job.write(zuko.__version__, found)
    seen = (torch.as_tensor(data["test_x"]) - scales[1][0]) / scales[1][1]

    @torch.no_grad()
    def drawn(n: int) -> int:
        return pair[0](seen[:n]).sample((job.DRAWS,))[..., 0].numel()

    found |= job.per_second("draws", drawn)
    found |= job.per_second("densities", lambda n: len(log_prob(0, *job.some(data, n))))
job.write(zuko.__version__, found)
