"""Every route of the URLconf with values for its parts: a new one is taken up by itself."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, connections
from django.urls import get_resolver, reverse

from tests.conventions.test_conventions import routes
from tests.e2e.world import World

WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "COPY", "SELECT PG_NOTIFY")
LAST_SEEN = ('UPDATE "django_session"', 'UPDATE "session"', "UPDATE sessions")


def known_paths(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return an address by the name of its route, with things that exist where the world knows one."""
    found = {}
    for name, dummies in routes(get_resolver()):
        known = {**arguments, **arguments.get(name, {})}
        found[name] = reverse(name, kwargs={part: known.get(part, dummy) for part, dummy in dummies.items()})
    return found


def paths_of(world: World) -> dict[str, str]:
    """Return the addresses of what is in `world`."""
    return known_paths(world.arguments)


@dataclass
class Writes:
    """The statements that changed something, besides the moment at which a session was last seen."""

    statements: list[str] = field(default_factory=list)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statement = str(sql).lstrip(" (")
        words = statement.upper()
        hidden = words.startswith("WITH") and any(f" {word} " in words for word in WRITES[:4])
        if (words.startswith(WRITES) or hidden) and not statement.startswith(LAST_SEEN):
            self.statements.append(statement[:200])
        return execute(sql, params, many, context)


@contextmanager
def counted_writes() -> Iterator[Writes]:
    """Count what is written to any database."""
    writes = Writes()
    with connections["default"].execute_wrapper(writes):
        yield writes
    assert connection.alias == "default"
