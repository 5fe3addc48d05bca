"""What makes text into code, HTML or SQL is used where it is named here, with its reason, and nowhere else."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conventions.test_conventions import PRODUCT
from tests.live import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

HTML = {
    "jobs/web/board.py": "cells, with escaped names",
    "jobs/web/calendar.py": "days and numbers",
    "jobs/templatetags/parameters.py": "fixed attributes",
    "jobs/web/pictures.py": "pictures of numbers, with escaped words",
    "jobs/web/time_line_picture.py": "pictures of numbers, with escaped words",
    "portal/core/templatetags/presentation.py": "every part is escaped",
    "portal/dashboard/outcomes.py": "words of our own",
    "portal/dashboard/styleguide.py": "names and colours of our own",
    "portal/exports/templatetags/exports.py": "an empty text",
    "tenants/web/organization_list.py": "an empty text",
    "tenants/web/relationship_picture.py": "names are escaped",
    "tenants/web/sparkline.py": "numbers and escaped words",
}
CODE = {"eval", "exec", "compile", "__import__"}
LOADERS = {"pickle", "cPickle", "marshal", "shelve", "dill", "yaml", "jsonpickle"}
SHELLS = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}
SECRET_KEY = {
    "portal/settings/base.py": "where it is read",
    "portal/settings/local.py": "a key for commands before the first start",
    "portal/settings/test.py": "a key for tests",
    "portal/core/production_checks.py": "checks its length",
}


def calls(path: Path) -> list[tuple[int, str]]:
    tree = ast.parse((ROOT / path).read_text())
    return [(node.lineno, ast.unparse(node.func)) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def found_in_product(is_it: Callable[[str], bool]) -> set[str]:
    return {str(path) for path in PRODUCT for _, name in calls(path) if is_it(name)}


def test_text_is_marked_as_html_only_where_it_is_named() -> None:
    assert found_in_product(lambda name: name.split(".")[-1] in ("mark_safe", "SafeString", "SafeText")) <= set(HTML)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_switches_escaping_off(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\|\s*safe(seq)?\b|autoescape\s+off", text)
    markup = re.sub(r"{%.*?%}", "", text, flags=re.DOTALL)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son[a-z]+=|\sstyle=", markup)
    assert "javascript:" not in text.lower()


def test_nothing_is_run_loaded_or_handed_to_a_shell() -> None:
    assert found_in_product(lambda name: name in CODE or name in SHELLS) == set()
    for path in PRODUCT:
        tree = ast.parse((ROOT / path).read_text())
        named = {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
        named |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert not named & LOADERS, path
        shells = [k for n in ast.walk(tree) if isinstance(n, ast.Call) for k in n.keywords if k.arg == "shell"]
        assert not shells, path


def test_no_statement_is_put_together_from_what_somebody_sent() -> None:
    """Raw SQL is a constant, a name of our own put into it, or composed with `psycopg.sql`; ruff's S608 says where."""
    assert (
        found_in_product(lambda name: name.split(".")[-1] in ("extra", "raw") and name.startswith("objects")) == set()
    )
    for path in PRODUCT:
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in (
                "execute",
                "executemany",
                "RawSQL",
            ):
                first = node.args[0] if node.args else None
                put_in = isinstance(first, ast.BinOp) or (
                    isinstance(first, ast.Call)
                    and isinstance(first.func, ast.Attribute)
                    and first.func.attr == "format"
                    and isinstance(first.func.value, ast.Constant)
                )
                assert not put_in, f"{path}:{node.lineno}"


def test_nothing_derives_from_the_secret_key() -> None:
    users = {str(path) for path in PRODUCT if "SECRET_KEY" in (ROOT / path).read_text()}
    assert {path for path in users - set(SECRET_KEY) if not path.startswith("portal/core/secrets")} == set()


def test_the_named_exceptions_exist() -> None:
    assert [path for path in (*HTML, *SECRET_KEY) if not (ROOT / path).is_file()] == []
