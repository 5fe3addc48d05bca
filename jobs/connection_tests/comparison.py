"""What an identity is offered, beside what a full role would be."""

from dataclasses import dataclass
from enum import StrEnum

from jobs.catalogue.cmdlets import find, raw_cmdlets
from tenants.capabilities.sets import Names


class Standing(StrEnum):
    """How a cmdlet stands between the catalogue and what Exchange offers."""

    OFFERED = "offered"
    LACKING = "lacking"
    BEYOND = "beyond"


@dataclass(frozen=True, slots=True)
class ComparedCmdlet:
    """One cmdlet; `risk` is empty for one that the catalogue does not know."""

    name: str
    standing: Standing
    risk: str


def compared(names: Names, service: str) -> list[ComparedCmdlet]:
    """Return every cmdlet of `service` ("exo" or "scc"), and what is offered beyond the catalogue, by name."""
    offered = {name.lower(): name for name in names.each}
    known = [_compared(name, offered) for name in _of_service(service)]
    told = {each.name.lower() for each in known}
    beyond = [_beyond(name) for lower, name in offered.items() if lower not in told]
    return sorted([*known, *beyond], key=lambda each: each.name.lower())


def _of_service(service: str) -> list[str]:
    """Return the cmdlets that the service runs over REST: sessions and helpers of the module are none of them."""
    wanted = {"scc"} if service == "scc" else {"exo", "eop"}
    cmdlets = [find(name) for name in raw_cmdlets()]
    return [
        each.name for each in cmdlets if wanted & {*each.services} and each.risk != "session" and not each.module_only
    ]


def _compared(name: str, offered: dict[str, str]) -> ComparedCmdlet:
    standing = Standing.OFFERED if name.lower() in offered else Standing.LACKING
    return ComparedCmdlet(name, standing, find(name).risk)


def _beyond(name: str) -> ComparedCmdlet:
    known = {each.lower(): each for each in raw_cmdlets()}.get(name.lower())
    return ComparedCmdlet(known or name, Standing.BEYOND, find(known).risk if known else "")
