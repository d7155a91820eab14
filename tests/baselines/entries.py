"""Settings of config.yaml's methods, made small."""

import torch

from jana import contenders, settings, simulators
from jana.baselines.method import Budgeted
from jana.rng import generator

TRAINING = {
    "batch": 50,
    "rate": 1e-3,
    "epochs": 3,
    "patience": 20,
    "validation": 0.1,
    "clip": 5.0,
}
SAMPLER = {"vectorized": True, "chains": 100, "warmup": 1, "thin": 1, "candidates": 50}
STEPS = {"epochs": 2, "batch": 50, "patience": None, "rate": 1e-3}
FLOW = {
    "kit": "own",
    "warps": "AA",
    "nets": {"A": {"hidden": [8]}},
    "activation": "relu",
    "mixing": "permutation",
    "act_norm": False,
    "latent_df": None,
    "start": "regression",
    "bounded": True,
}
SIZE = {"hidden": 8, "transforms": 1, "training": TRAINING}
NPE = {"per_round": None, "bins": 4, "atoms": 5} | SIZE
SNPLA = {
    "per_round": 100,
    "forgetting": 0.7,
    "validation": 0.1,
    "clip": 5.0,
    "likelihood": STEPS,
    "hot": STEPS,
    "posterior": STEPS,
    "steps": 2,
    "flow": FLOW,
}
VARIATIONAL = {
    "transforms": 1,
    "hidden": 8,
    "rate": 1e-3,
    "gamma": 0.999,
    "least": 2,
    "most": 5,
    "particles": 16,
    "oversampling": 4,
}
ENTRIES = {
    "npe_c": {"by": "npe", "settings": NPE},
    "snpe_c": {"by": "npe", "settings": NPE | {"per_round": 100}},
    "snl": {"by": "nle", "settings": {"per_round": 100, "sampler": SAMPLER} | SIZE},
    "snre_b": {
        "by": "nre",
        "settings": {
            "per_round": 100,
            "hidden": 8,
            "blocks": 1,
            "atoms": 5,
            "training": TRAINING,
            "sampler": SAMPLER,
        },
    },
    "snvi": {
        "by": "snvi",
        "settings": {"per_round": 100, "variational": VARIATIONAL} | SIZE,
    },
    "snpla": {"by": "snpla", "settings": SNPLA},
}
TASK = simulators.get("two_moons_wiqvist")


def jana(entries, **training):
    """Our entry with small networks of config.yaml's design, trained as said."""
    flow = {"warps": "GS", "nets": {"G": {"hidden": [8]}, "S": {"hidden": [8], "bins": 4}}}
    changes = {
        "posterior": flow,
        "likelihood": flow,
        "training": {"epochs": 3, "batch": 10} | training,
    }
    entry = {
        "by": "jana",
        "settings": {"design": "tuned", "proposals": 5, "changes": changes},
    }
    return settings.contender(entries, entry, "two_moons_wiqvist", 200)


def method(entry, name, **changes):
    entry = entry | {"settings": settings.merged(entry["settings"], changes)}
    return contenders.contender(entry, name, TASK, (2,))


def fitted(entry, name, seed=1, budget=200, **changes):
    """What the method has learned, and its simulations."""
    task = Budgeted(TASK, budget, 7)
    return method(entry, name, **changes)(generator(seed), task, torch.zeros(2)), task
