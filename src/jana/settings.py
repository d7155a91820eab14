"""Configuration entries put together: plain dictionaries in, plain dictionaries out.

The Snakefile imports this module to plan, so it may import the standard library only.
"""

# What differs by task: of all that a design is for, and of some among others.
PER_TASK = ("tasks", "changes")


def merged(entry: dict, changes: dict) -> dict:
    """The entry with changes, dictionary by dictionary; anything else is replaced whole."""
    found = dict(entry)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = merged(found[key], value) if both else value
    return found


def design(designs: dict, name: str, task: str, changes: dict | None = None) -> dict:
    """A design's settings for one task; networks of warps that are not used are left out.

    One that is `like` another has all the other's settings for the task but for its own.
    """
    entry = {key: value for key, value in designs[name].items() if key not in (*PER_TASK, "like")}
    for part in PER_TASK:
        entry = merged(entry, designs[name].get(part, {}).get(task, {}))
    if "like" in designs[name]:
        entry = merged(design(designs, designs[name]["like"], task), entry)
    entry = merged(entry, changes or {})
    for part in ("posterior", "likelihood"):
        nets = {key: net for key, net in entry[part]["nets"].items() if key in entry[part]["warps"]}
        entry[part] = entry[part] | {"nets": nets}
    if "apart" in entry:  # trained as the other network, but for what differs
        training = merged(entry["training"], entry["apart"].get("training", {}))
        entry["apart"] = entry["apart"] | {"training": training}
    return entry


def seen(training: dict, n: int) -> int:
    """How many simulations a network has seen by the end, counted as often as seen.

    Args:
        training: Its settings.
        n: Simulations of the experiment: to learn from and to validate with.
    """
    learned = n - round(n * training["validation"])
    whole = learned // min(training["batch"], learned) * min(training["batch"], learned)
    epochs = min(training["epochs"], training.get("cut") or training["epochs"])
    return epochs * (whole if training["drop_last"] else learned)


def pairs(
    designs: dict, names: list[str], tasks: list[str], only: dict[str, list[str]] | None = None
) -> list[tuple[str, str]]:
    """Every task with every design that is for it.

    A design with `tasks` is for these only, and one that `only` names is run on those only.
    """
    only = only or {}
    return [
        (task, name)
        for task in tasks
        for name in names
        if ("tasks" not in designs[name] or task in designs[name]["tasks"])
        and task in only.get(name, [task])
    ]


def contender(designs: dict, entry: dict, task: str, budget: int) -> dict:
    """What one run of a compared method depends on: `by`, and its settings for task and budget.

    Where the settings name a design, it stands in the name's place, with their `changes`, as it is
    for the task, or for another that they say it is `like`.

    Args:
        designs: Of the configuration.
        entry: One of `comparison.methods`, by method and setting.
        task: What it is run on.
        budget: Its simulations; `by_budget` has what differs.
    """
    found = merged(entry["settings"], entry.get("by_budget", {}).get(str(budget), {}))
    if "design" in found:
        like, changes = found.pop("like", task), found.pop("changes", {})
        found["design"] = design(designs, found["design"], like, changes)
    return {"by": entry["by"], "settings": found}


def contests(comparison: dict) -> list[tuple[str, str, str, int, int]]:
    """Every run of the comparison: task, method, setting, budget and seed; none without tasks."""
    found = []
    for method, settings in comparison["methods"].items() if comparison["tasks"] else ():
        for setting, entry in settings.items():
            budgets = dict.fromkeys(comparison["tasks"], entry["budgets"]) | entry.get("also", {})
            found += [
                (task, method, setting, budget, seed)
                for task, asked in budgets.items()
                for budget in asked
                for seed in range(entry["seeds"])
            ]
    return found
