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


def design(designs: dict, name: str, task: str) -> dict:
    """A design's settings for one task; networks of warps that are not used are left out.

    One that is `like` another has all the other's settings for the task but for its own.
    """
    entry = {key: value for key, value in designs[name].items() if key not in (*PER_TASK, "like")}
    for part in PER_TASK:
        entry = merged(entry, designs[name].get(part, {}).get(task, {}))
    if "like" in designs[name]:
        entry = merged(design(designs, designs[name]["like"], task), entry)
    for part in ("posterior", "likelihood"):
        nets = {key: net for key, net in entry[part]["nets"].items() if key in entry[part]["warps"]}
        entry[part] = entry[part] | {"nets": nets}
    if "apart" in entry:  # trained as the other network, but for what differs
        training = merged(entry["training"], entry["apart"].get("training", {}))
        entry["apart"] = entry["apart"] | {"training": training}
    return entry


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
