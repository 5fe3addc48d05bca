"""Rules of the house that no tool checks: each names what breaks it."""

import ast
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import CASCADE
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from portal.audit.actions import SENTENCES, AuditAction
from portal.celery import app
from tests.live import ROOT

ON_THE_WAY_IN = {
    "accounts:second-factor",
    "accounts:enrol",
    "tenants:microsoft-sign-in",
    "tenants:microsoft-onward",
    "tenants:microsoft-answer",
}
OPEN_TO_EVERYBODY = {
    "accounts:sign-in",
    "health-live",
    "health-ready",
    "health-status",
    "tenants:consent-answer",
    "violation-reports",
}
APPS = ("portal", "tenants", "jobs")
FILES = sorted(path.relative_to(ROOT) for app_name in APPS for path in (ROOT / app_name).rglob("*.py"))
PRODUCT = [path for path in FILES if path.parts[:2] not in {("portal", "sandbox"), ("portal", "local")}]
PAGES = [path for path in PRODUCT if "web" in path.parts or path.parts[:2] == ("portal", "dashboard")]
DEMO = {Path("tenants/demo.py"), Path("tenants/management/commands/load_demo.py")}
DUMMIES = {"uuid": UUID(int=7), "str": "x", "int": 7, "slug": "x", "path": "x"}


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse((ROOT / path).read_text())))


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_pages_ask_selectors_and_services_instead_of_the_database(path: Path) -> None:
    reached = [n for n in nodes(path) if isinstance(n, ast.Attribute) and n.attr == "objects"]
    opened = [n for n in nodes(path) if isinstance(n, ast.Name | ast.alias) and "transaction" in ast.unparse(n)]
    assert [f"{path}:{n.lineno}" for n in (*reached, *opened)] == []


def rings() -> Iterator[tuple[str, str, set[str]]]:
    """Every place that rings for a task: where, the task's name, the keywords that it sends."""
    for path in PRODUCT:
        for node in nodes(path):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            if node.func.id in ("enqueue", "ring") and texts:
                yield f"{path}:{node.lineno}", str(texts[0]), {str(keyword.arg) for keyword in node.keywords}
            elif node.func.id == "ring_often" and texts:
                yield f"{path}:{node.lineno}", str(texts[0]), set()


def own_tasks() -> dict[str, Callable[..., None]]:
    app.loader.import_default_modules()
    return {name: task.run for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_whatever_is_rung_for_is_a_task_that_takes_these_keywords() -> None:
    found, tasks = list(rings()), own_tasks()
    assert len(found) >= 6
    for where, name, keywords in found:
        assert name in tasks, f"{where} rings for {name}, which nobody answers"
        assert keywords == set(inspect.signature(tasks[name]).parameters), where
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled | set(app.conf.task_routes) <= set(tasks)


def test_every_task_takes_only_keywords() -> None:
    for name, run in own_tasks().items():
        kinds = {p.kind for p in inspect.signature(run).parameters.values()}
        assert kinds <= {inspect.Parameter.KEYWORD_ONLY}, name


@pytest.mark.parametrize("action", AuditAction)
def test_every_audit_action_is_recorded_somewhere_and_has_a_sentence(action: AuditAction) -> None:
    places = [p for p in PRODUCT if p.name != "actions.py"]
    named = {ast.unparse(n) for p in places for n in nodes(p) if isinstance(n, ast.Attribute)}
    assert f"AuditAction.{action.name}" in named
    assert action in SENTENCES


def test_nothing_that_is_deleted_takes_history_with_it() -> None:
    history = ("portal.audit", "jobs.results", "jobs.runs")
    models = [model for model in apps.get_models() if model.__module__.startswith(history)]
    fields = [field for model in models for field in model._meta.get_fields() if getattr(field, "concrete", False)]
    assert len(models) >= 7
    cascading = [f for f in fields if getattr(f.remote_field, "on_delete", None) is CASCADE]
    assert cascading == []


@pytest.mark.django_db
def test_migrations_match_the_models() -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


def imports(path: Path) -> set[str]:
    whole = {alias.name for n in nodes(path) if isinstance(n, ast.Import) for alias in n.names}
    return whole | {str(n.module) for n in nodes(path) if isinstance(n, ast.ImportFrom)}


@pytest.mark.parametrize("path", [p for p in FILES if "migrations" in p.parts], ids=str)
def test_migrations_import_nothing_of_the_application_but_fields_defaults(path: Path) -> None:
    ours = {name for name in imports(path) if name.startswith(APPS)}
    assert ours <= {"portal.core.identifiers"}


def test_the_product_does_not_know_the_simulated_cloud() -> None:
    for path in PRODUCT:
        assert not [name for name in imports(path) if name.startswith("portal.sandbox")], path
        tests = [n.test for n in nodes(path) if isinstance(n, ast.If | ast.IfExp | ast.While)]
        assert path in DEMO or not [t for t in tests if "sandbox" in ast.unparse(t).lower()], path


def routes(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, dict[str, object]]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern, inner)
        elif isinstance(pattern, URLPattern):
            kinds = {key: type(c).__name__ for key, c in pattern.pattern.converters.items()}
            dummies = {
                key: DUMMIES[kind.removesuffix("Converter").lower().replace("string", "str")]
                for key, kind in kinds.items()
            }
            yield f"{namespace}{pattern.name}", dummies


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "arguments"), list(routes(get_resolver())), ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_asks_an_anonymous_browser_to_sign_in(name: str, arguments: dict[str, object], method: str) -> None:
    path = reverse(name, kwargs=arguments)
    answer = getattr(Client(), method)(path)
    if name in OPEN_TO_EVERYBODY:
        # Nothing works in a test that starts nothing, and the monitoring is told so.
        assert answer.status_code in ((503, 405) if name == "health-status" else (200, 400, 405, 422))
    elif name in ON_THE_WAY_IN:
        # Without a proof that came before they lead back to the beginning, or say that nothing was begun.
        assert answer.status_code in (405, 409) or answer.headers["Location"] == reverse("accounts:sign-in")
    else:
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{reverse('accounts:sign-in')}?next={path}")
