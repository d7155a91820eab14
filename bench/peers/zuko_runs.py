"""zuko: a plain training loop over a posterior and a likelihood flow, data in memory."""

import job
import torch
import zuko

told = job.read()
setting, data = told.setting, told.data
torch.set_num_threads(setting.get("threads", 1))
torch.manual_seed(told.seed)
theta, x = (torch.as_tensor(data[name]) for name in ("theta", "x"))
scales = [(part.mean(0), part.std(0)) for part in (theta, x)]
standard = [(part - mean) / sd for part, (mean, sd) in zip((theta, x), scales, strict=True)]
made = getattr(zuko.flows, setting["flow"])
networks = {"transforms": setting["transforms"], "hidden_features": setting["hidden"]}
if setting["flow"] == "NICE":
    networks["activation"] = torch.nn.SiLU
dims = theta.shape[1], x.shape[1]
pair = made(*dims, **networks), made(*dims[::-1], **networks)
weights = [weight for flow in pair for weight in flow.parameters()]
optimizer = torch.optim.Adam(weights, lr=setting["rate"])
batch = setting["batch"]


def one_pass(schedule) -> None:
    """Over all pairs, in a new order."""
    for rows in torch.randperm(len(theta)).split(batch):
        some, seen = (part[rows] for part in standard)
        loss = -(pair[0](seen).log_prob(some).mean() + pair[1](some).log_prob(seen).mean())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, setting["clip"])
        optimizer.step()
        schedule.step()


def log_prob(flow, value, given, scale, given_scale):
    """By pair, of numbers as they are."""
    with torch.no_grad():
        told, seen = (
            (torch.as_tensor(part) - mean) / sd
            for part, (mean, sd) in ((value, scale), (given, given_scale))
        )
        return (flow(seen).log_prob(told) - scale[1].log().sum()).numpy()


passes = job.PASSES if told.what == "step" else setting["epochs"]
steps = -(-len(theta) // batch)
schedule = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, setting["rate"], passes * steps + 1, pct_start=max(setting["warmup"], 1e-3)
)
laps = job.Laps(steps)
for _ in range(passes):
    laps.begin()
    one_pass(schedule)
    laps.end()
if told.what == "step":
    found = laps.found() | {"train_peak_mb": job.peak()}
else:
    found = job.since_start()
    found |= job.losses(
        lambda theta, x: log_prob(pair[0], theta, x, *scales),
        lambda theta, x: log_prob(pair[1], x, theta, *scales[::-1]),
        data,
    )
    mean, sd = scales[1]
    seen = (torch.as_tensor(data["test_x"]) - mean) / sd

    @torch.no_grad()
    def drawn(n):
        return pair[0](seen[:n]).sample((job.DRAWS,))[..., 0].numel()

    found |= job.per_second("draws", drawn)
    found |= job.per_second(
        "densities", lambda n: len(log_prob(pair[0], *job.some(data, n), *scales))
    )
    found["peak_mb"] = job.peak()
job.write(zuko.__version__, found)
