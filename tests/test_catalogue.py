"""The catalogue says without importing what the simulators say of themselves."""

import pytest

from jana import catalogue, simulators

NAMES = catalogue.names()


def test_it_lists_every_module_that_holds_a_simulator_and_no_other():
    files = sorted(path.stem for path in catalogue.HOME.glob("*.py") if path.stem != "__init__")
    holding = []
    for name in files:
        try:
            simulators.get(name)
        except AttributeError:
            continue
        holding.append(name)
    assert holding == NAMES
    assert {"two_moons", "gaussian_linear", "gaussian_iid"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_knows_which_answers_a_simulator_has(name):
    simulator = simulators.get(name)
    for keyword in ("exact", "log_likelihood"):
        assert catalogue.has(name, keyword) == (getattr(simulator, keyword) is not None)


@pytest.mark.parametrize("name", NAMES)
def test_it_knows_which_data_are_exchangeable(name):
    assert catalogue.exchangeable(name) == simulators.get(name).exchangeable


def test_the_gaussian_of_many_trials_is_exchangeable_and_has_exact_answers():
    assert catalogue.exchangeable("gaussian_iid") and catalogue.has("gaussian_iid", "exact")
    assert not catalogue.exchangeable("two_moons")
    assert not catalogue.has("two_moons", "no_such_keyword")


def bare(tmp_path, monkeypatch, text):
    (tmp_path / "toy.py").write_text(text)
    monkeypatch.setattr(catalogue, "HOME", tmp_path)
    catalogue._keywords.cache_clear()


@pytest.fixture(autouse=True)
def forget():
    yield
    catalogue._keywords.cache_clear()


def test_a_simulator_without_exact_answers_is_said_to_have_none(tmp_path, monkeypatch):
    bare(tmp_path, monkeypatch, "simulator = Simulator(prior=1, x_axes=('time',))\n")
    assert catalogue.names() == ["toy"]
    assert not catalogue.has("toy", "exact") and not catalogue.exchangeable("toy")


def test_a_module_without_a_simulator_is_left_out(tmp_path, monkeypatch):
    bare(tmp_path, monkeypatch, "simulator = 3\nother = Simulator(prior=1)\n")
    assert catalogue.names() == []


def test_it_reads_the_keys_of_a_dictionary_that_is_annotated(tmp_path, monkeypatch):
    (tmp_path / "toy.py").write_text("A = {'x': 1}\nB: dict[str, int] = {'b': f(1), 'a': 2}\n")
    monkeypatch.setattr(catalogue, "HOME", tmp_path / "simulators")
    assert catalogue.keys("toy.py", "B") == ["b", "a"]
    with pytest.raises(ValueError, match="needs a dictionary A with an annotation, but has none"):
        catalogue.keys("toy.py", "A")
