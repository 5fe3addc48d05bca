"""Where people may sign in besides here: who knows the partners says so when the application starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

_offers: list[Callable[[], Sequence["IdentityProvider"]]] = []


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """A partner's Entra tenant at which its people can sign in."""

    pk: UUID
    name: str


def offer(providers: Callable[[], Sequence[IdentityProvider]]) -> None:
    """Make known what returns them."""
    _offers[:] = [providers]


def identity_providers() -> list[IdentityProvider]:
    """Return where people may sign in now."""
    return [provider for providers in _offers for provider in providers()]
