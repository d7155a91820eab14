"""Entries put together: recursively, by task, and nothing of the configuration is changed."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from jana import settings

ROOT = Path(__file__).parents[1]
NET = {"hidden": [8], "decay": 0.1}
DESIGNS = {
    "tuned": {
        "posterior": {"warps": "SS", "nets": {"S": NET, "A": NET}, "scale": 1.0},
        "likelihood": {"warps": "A", "nets": {"S": NET, "A": NET}},
        "training": {"epochs": 5, "rate": 0.1},
    },
    "paper": {
        "posterior": {"warps": "A", "nets": {"A": NET}, "scale": 1.0},
        "likelihood": {"warps": "A", "nets": {"A": NET}},
        "training": {"epochs": 5, "rate": 0.1},
        "tasks": {
            "moons": {
                "posterior": {"warps": "AS", "nets": {"S": NET, "A": {"hidden": [9, 9]}}},
                "training": {"epochs": 7},
            },
            "linear": {},
        },
    },
}


@pytest.fixture(autouse=True)
def nothing_given_is_changed():
    before = deepcopy(DESIGNS)
    yield
    assert DESIGNS == before


def test_changes_go_into_dictionaries_however_deep():
    entry = {"a": {"b": {"c": 1, "d": 2}, "e": 3}, "f": 4}
    found = settings.merged(entry, {"a": {"b": {"d": 5}}, "g": 6})
    assert found == {"a": {"b": {"c": 1, "d": 5}, "e": 3}, "f": 4, "g": 6}


@pytest.mark.parametrize("new", [[1], None, 0, {"x": 1}], ids=repr)
def test_what_is_no_dictionary_on_both_sides_is_replaced_whole(new):
    assert settings.merged({"a": [1, 2, 3]}, {"a": new}) == {"a": new}
    assert settings.merged({"a": {"b": 1}}, {"a": 2}) == {"a": 2}


def test_merging_leaves_both_inputs_as_they_are():
    entry, changes = {"a": {"b": {"c": 1}}}, {"a": {"b": {"d": 2}, "e": {}}}
    before = deepcopy((entry, changes))
    settings.merged(entry, changes)
    assert (entry, changes) == before


def test_a_design_has_the_tasks_changes_and_keeps_the_rest():
    found = settings.design(DESIGNS, "paper", "moons")
    assert found["training"] == {"epochs": 7, "rate": 0.1}
    assert found["posterior"]["scale"] == 1.0
    assert found["posterior"]["nets"] == {"S": NET, "A": {"hidden": [9, 9], "decay": 0.1}}
    assert found["likelihood"] == DESIGNS["paper"]["likelihood"]


@pytest.mark.parametrize(
    "name, task", [("paper", "linear"), ("paper", "moons"), ("tuned", "moons")]
)
def test_a_designs_settings_do_not_list_tasks(name, task):
    assert set(settings.design(DESIGNS, name, task)) == {"posterior", "likelihood", "training"}


def test_a_task_without_changes_has_the_design_as_it_is():
    found = settings.design(DESIGNS, "paper", "linear")
    assert found == {key: DESIGNS["paper"][key] for key in found}


def test_networks_of_warps_that_are_not_used_are_dropped_from_each_part():
    found = settings.design(DESIGNS, "tuned", "moons")
    assert set(found["posterior"]["nets"]) == {"S"} and set(found["likelihood"]["nets"]) == {"A"}


def test_every_task_has_every_design_that_is_for_it_and_no_other():
    found = settings.pairs(DESIGNS, ["tuned", "paper"], ["linear", "mixture", "moons"])
    assert found == [
        ("linear", "tuned"),
        ("linear", "paper"),
        ("mixture", "tuned"),
        ("moons", "tuned"),
        ("moons", "paper"),
    ]


def test_a_design_that_is_not_named_is_not_run():
    assert settings.pairs(DESIGNS, ["paper"], ["mixture", "moons"]) == [("moons", "paper")]


def test_a_design_can_be_kept_to_some_of_its_tasks():
    names, tasks = ["tuned", "paper"], ["linear", "mixture", "moons"]
    found = settings.pairs(DESIGNS, names, tasks, {"paper": ["moons", "mixture"]})
    assert [task for task, name in found if name == "paper"] == ["moons"]
    assert [task for task, name in found if name == "tuned"] == tasks


def test_a_design_like_another_has_its_settings_for_the_task_but_for_its_own():
    like = DESIGNS | {"fast": {"like": "paper", "training": {"rate": 0.5}}}
    found, other = (settings.design(like, name, "moons") for name in ("fast", "paper"))
    assert found["training"] == {"epochs": 7, "rate": 0.5} and "like" not in found
    assert found["posterior"] == other["posterior"]


def test_its_own_settings_win_over_the_others_for_the_task():
    like = DESIGNS | {"fast": {"like": "paper", "training": {"epochs": 1}}}
    assert settings.design(like, "fast", "moons")["training"]["epochs"] == 1


ENTRY = {
    "by": "jana",
    "budgets": [200, 400],
    "seeds": 2,
    "settings": {"design": "paper", "like": "moons", "changes": {"posterior": {"warps": "S"}}},
    "by_budget": {"400": {"changes": {"training": {"epochs": 1}}}},
}


def test_a_contender_has_its_designs_settings_with_its_changes_and_those_of_its_budget():
    few, many = (settings.contender(DESIGNS, ENTRY, "linear", budget) for budget in (200, 400))
    assert few["by"] == "jana" and few["settings"]["design"]["training"]["epochs"] == 7
    assert many["settings"]["design"]["training"] == {"epochs": 1, "rate": 0.1}
    assert few["settings"]["design"]["posterior"]["nets"] == {"S": NET}


def test_contests_are_all_tasks_budgets_and_seeds_and_none_without_tasks():
    other = ENTRY | {"budgets": [100], "seeds": 1, "also": {"moons": [300]}}
    comparison = {"tasks": ["linear"], "methods": {"a": {"x": ENTRY}, "b": {"y": other}}}
    found = settings.contests(comparison)
    assert found[:4] == [("linear", "a", "x", b, s) for b in (200, 400) for s in (0, 1)]
    assert found[4:] == [("linear", "b", "y", 100, 0), ("moons", "b", "y", 300, 0)]
    assert settings.contests(comparison | {"tasks": []}) == []


def test_the_readme_says_how_many_runs_the_papers_scale_has():
    configs = (yaml.safe_load((ROOT / f"config{k}.yaml").read_text()) for k in ("", ".paper"))
    comparison = settings.merged(*(config["comparison"] for config in configs))
    command = "`snakemake comparison --cores all --configfile config.paper.yaml`"
    assert (
        f"{command}: {len(settings.contests(comparison))} runs" in (ROOT / "README.md").read_text()
    )


def test_simulations_are_counted_as_often_as_they_are_seen():
    training = {"epochs": 10, "cut": 3, "batch": 32, "validation": 0.05, "drop_last": True}
    assert settings.seen(training, 2000) == 3 * 59 * 32
    assert settings.seen(training | {"cut": None}, 2000) == 10 * 59 * 32
    assert settings.seen(training | {"drop_last": False}, 101) == 3 * 96
    assert settings.seen(training | {"batch": 500}, 101) == 3 * 96
