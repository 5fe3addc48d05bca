"""Every way to fail has words: what it means, what to do, whether a retry helps."""

import ast
from collections.abc import Iterator
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

import pytest

import jobs.exchange
import tenants.tokens
from jobs.results.explanations import ENGINE, UNKNOWN_CLASS, explanation_of
from portal.core.explanations import Explanation, known_explanations
from tests.live import ROOT

ENGINE_FILES = [
    ROOT / "jobs" / "launch.py",
    ROOT / "tenants" / "profiles" / "refusals.py",
    *sorted((ROOT / "jobs" / "dispatch").glob("*.py")),
]


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    for found in walk_packages(package.__path__, f"{package.__name__}."):
        yield import_module(found.name)


def explanations_in(value: object) -> Iterator[Explanation]:
    if isinstance(value, Explanation):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from explanations_in(item)
    elif isinstance(value, dict):
        yield from explanations_in(list(value.values()))


FOUND = {
    explanation
    for package in (jobs.exchange, tenants.tokens)
    for module in modules_of(package)
    for value in vars(module).values()
    for explanation in explanations_in(value)
}


def classes_written_in(path: Path) -> Iterator[str]:
    """Error classes that a file of the engine gives as text: to `error_class`, to an ending, or in a table of them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "").endswith("ERROR_CLASSES"):
            yield from (str(value.value) for value in ast.walk(node.value) if isinstance(value, ast.Constant))
        elif isinstance(node, ast.Assign):
            targets = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            yield from (
                str(value.value)
                for target, value in zip(targets, values, strict=False)
                if getattr(target, "attr", getattr(target, "id", "")) == "error_class"
                and isinstance(value, ast.Constant)
            )
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) > 1:
            second = node.args[1]
            if node.func.id in ("Ending", "ending_of_refusal") and isinstance(second, ast.Constant):
                yield str(second.value)


WRITTEN = sorted({name for path in ENGINE_FILES for name in classes_written_in(path)})


def test_the_walk_finds_what_is_there() -> None:
    assert len(FOUND) > 60
    assert {"organization_vanished", "plan_changed", "worker_lost", "partly_done"} <= set(WRITTEN)


@pytest.mark.parametrize("explanation", sorted(FOUND, key=attrgetter("error_class")), ids=attrgetter("error_class"))
def test_what_exchange_and_the_login_host_can_answer_is_explained(explanation: Explanation) -> None:
    assert explanation_of(explanation.error_class) == explanation


@pytest.mark.parametrize("error_class", WRITTEN)
def test_what_the_engine_itself_can_say_is_explained(error_class: str) -> None:
    assert explanation_of(error_class) != UNKNOWN_CLASS


def test_every_explanation_of_the_engine_is_used() -> None:
    assert set(ENGINE) - {UNKNOWN_CLASS.error_class} == set(WRITTEN)


def test_each_class_has_one_explanation_that_fits_its_places() -> None:
    for explanation in known_explanations():
        assert len(explanation.error_class) <= 60
        assert len(explanation.title) <= 60
        assert explanation.meaning.endswith(".")
        assert explanation.fix.endswith(".")


PROMISES = ("nothing to do: it", "sent again only", "read back", "connect the partner", "archive", "below")


def test_no_explanation_promises_what_does_not_exist() -> None:
    """What ended is not tried again by itself, nothing is read back, and these buttons are not there."""
    texts = {e.error_class: f"{e.meaning} {e.fix}".lower() for e in known_explanations()}

    assert [(name, promise) for name, text in texts.items() for promise in PROMISES if promise in text] == []


def test_a_class_that_is_not_in_the_table_says_so() -> None:
    assert explanation_of("never heard of") is UNKNOWN_CLASS
