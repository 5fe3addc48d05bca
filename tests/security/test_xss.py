"""Whatever an organization calls its things, pages show it as text: nothing runs, nothing is added to the document."""

from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import CharField, Field, Model, TextField
from playwright.sync_api import Dialog, Page

from tests.e2e import world as worlds
from tests.e2e.test_every_page import signed_in
from tests.security.payloads import XSS
from tests.security.test_browser_policy import WATCH

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(600)]

BATCHES = 8
ROOM = 5
"""Characters left for a number, which keeps names apart."""

# Words of our own, by which pages look things up, and values that are no text: keys, digests, addresses of pages.
OURS = {
    *("action", "actor_kind", "auto_extend_duration", "certificate_pem", "cmdlet", "detected_environment", "effect"),
    *("environment", "error_class", "evidence", "filters", "format", "id", "key", "kind", "listing", "method", "names"),
    *(
        "outcome",
        "page",
        "password",
        "plan_hash",
        "query",
        "queue",
        "reachability_class",
        "read_cmdlet",
        "risk",
        "role",
    ),
    *("scope_kind", "service", "session", "session_key", "sha256", "source", "status", "target_kind", "thumbprint"),
    *("thumbprint_sha256", "typed", "username", "version", "back", "search", "relationship_to_partner"),
}
COPIES = {"row_column", "row_part", "session"}
"""Made of results, which come with payloads in every name and value; and what the browser is signed in by."""

INJECTED = """
() => [
  ...document.querySelectorAll('[xss7], xss7, [name=xss7]'),
  ...[...document.querySelectorAll('a, area, form, button, iframe, use, image')].filter(e =>
    ['href', 'action', 'formaction', 'src', 'xlink:href'].some(n =>
      /^[\\s\\u0000-\\u0020]*(javascript|data|vbscript):/i.test(e.getAttribute(n) || ''))),
].map(e => e.outerHTML.slice(0, 160))
"""


def columns() -> "Iterator[tuple[type[Model], Field[Any, Any]]]":
    """Every column of text that is not of our own making."""
    for model in apps.get_models():
        if not model.__module__.startswith(("portal.", "tenants.", "jobs.")) or model._meta.db_table in COPIES:
            continue
        for field in model._meta.concrete_fields:
            is_text = isinstance(field, CharField | TextField) and not field.choices and not field.unique
            if is_text and field.name not in OURS and not field.name.endswith("_id"):
                yield model, field


def groups(longest: int) -> list[tuple[str, tuple[str, ...]]]:
    """Return all payloads that fit, several to a text, each with what it is made of."""
    found: list[tuple[str, tuple[str, ...]]] = []
    text, parts = "", tuple[str, ...]()
    for payload in (each for each in XSS if len(each) <= longest):
        if len(text) + len(payload) > longest:
            found.append((text, parts))
            text, parts = "", ()
        text, parts = text + payload, (*parts, payload)
    return [*found, (text, parts)] if text else found


def fill(batch: int, stored: set[tuple[str, str]], possible: set[tuple[str, str]]) -> None:
    """Put the payloads of a batch into every column of every row; the neighbour's row gets the next ones."""
    with connection.cursor() as cursor:
        refusing = triggers(cursor)
        for table, trigger in refusing:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER "{trigger}"')
        for model, field in columns():
            table, column = model._meta.db_table, field.column
            texts = groups((field.max_length or 4000) - ROOM)
            if not texts:
                continue
            possible |= {(f"{table}.{column}", part) for _, parts in texts for part in parts}
            number = model._base_manager.count()
            first = batch * number
            shown = range(first, first + number)
            stored |= {(f"{table}.{column}", part) for at in shown for part in texts[at % len(texts)][1]}
            cursor.execute(  # names of tables and columns are the models' own
                f'UPDATE "{table}" SET "{column}" = (%s::text[])[1 + (row.n + %s) %% %s] || row.n '  # noqa: S608
                f'FROM (SELECT ctid AS at, row_number() OVER (ORDER BY ctid) - 1 AS n FROM "{table}") AS row '
                f'WHERE "{table}".ctid = row.at AND "{table}"."{column}" <> \'\'',
                [[text for text, _ in texts], first, len(texts)],
            )
        for table, trigger in refusing:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER "{trigger}"')


def triggers(cursor: CursorWrapper) -> list[tuple[str, str]]:
    """Every trigger of ours that is on: those of history refuse what `fill` does."""
    cursor.execute("SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'")
    return [(str(table), str(name)) for table, name in cursor.fetchall()]


def hostile_rows() -> list[dict[str, object]]:
    """Rows of a result in which every column holds every payload, also as the name of a column and deep inside."""
    number = len(XSS)
    return [
        {
            "Name": XSS[at],
            "PrimarySmtpAddress": XSS[(at + 1) % number],
            "EmailAddresses": [XSS[(at + 2) % number], XSS[(at + 3) % number]],
            "Settings": {XSS[(at + 4) % number]: {"Deep": [XSS[(at + 5) % number]]}},
            XSS[0]: XSS[(at + 6) % number],
            XSS[11]: XSS[(at + 7) % number],
        }
        for at in range(number)
    ]


def test_no_text_of_an_organization_becomes_more_than_text(
    portal: str, open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds, "ROWS", hostile_rows())
    monkeypatch.setattr(worlds, "HOSTILE_NAMES", tuple(islice(cycle(XSS), 30)))
    world = worlds.make_world(organizations=40)
    page = signed_in(open_page(failing=True), portal, world.administrator)
    page.add_init_script(WATCH)
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(page.url)
        dialog.dismiss()

    page.on("dialog", note)
    stored: set[tuple[str, str]] = set()
    possible: set[tuple[str, str]] = set()
    paths, visits, hostile = dict(world.addresses), 0, 0
    injected, reports, broken = [], [], []
    for batch in range(BATCHES):
        fill(batch, stored, possible)
        for name, path in paths.items():
            answer = page.goto(portal + path, wait_until="domcontentloaded")
            visits += 1
            if answer is None or answer.status >= 400:
                broken.append(f"{name}: {answer.status if answer else 'nothing'}")
            hostile += "xss7" in page.evaluate("document.body.textContent")
            injected += [f"{name}: {node}" for node in page.evaluate(INJECTED)]
            reports += [f"{name}: {said}" for said in page.evaluate("window.violations")]
    print(
        f"\n{len(XSS)} payloads x {len(list(columns()))} columns = {len(stored)} of {len(possible)} cells stored, "
        f"{len(paths)} pages x {BATCHES} = {visits} visits, payloads seen on {hostile}: "
        f"{len(dialogs)} dialogs, {len(injected)} nodes, {len(reports)} reports"
    )
    assert (dialogs, injected, reports, broken) == ([], [], [], [])
    assert hostile > visits // 2
