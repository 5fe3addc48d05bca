"""Faults of Exchange and Entra: answers that lie or get lost, throttling, withdrawn permissions."""

import random
from collections.abc import Callable
from typing import Any

from tenants.demo import register_certificate
from tests.faults.kinds.kind import Kind, Parameters
from tests.faults.world import World, persist

LYING = (
    "execute_then_reset",
    "execute_then_504",
    "execute_then_timeout",
    "reset_before_execute",
    "truncate_body",
    "bad_gzip",
    "html",
    "hold",
)


def _rule(world: World, match: dict[str, Any], action: dict[str, Any]) -> int:
    world.sandbox.control("POST", "faults", json={"match": match, "action": action})
    return 0


def _take_rules(world: World, _: Parameters) -> int:
    applied = sum(int(rule["applied"]) for rule in world.sandbox.control("GET", "faults"))
    world.sandbox.control("DELETE", "faults")
    return applied


def _lies(action: str) -> Callable[[World, Parameters], int]:
    def begin(world: World, parameters: Parameters) -> int:
        match = {"service": "exchange", "path": "InvokeCommand", "probability": 0.3, "times": parameters["times"]}
        return _rule(world, match, {"type": action})

    return begin


def _unavailable(world: World, parameters: Parameters) -> int:
    return _rule(
        world,
        {"service": "exchange", "probability": 0.4, "times": parameters["times"]},
        {"type": "status", "code": 503},
    )


def _storm(world: World, parameters: Parameters) -> int:
    action = {"type": "throttled", "retry_after": parameters["retry_after"]}
    _rule(world, {"service": "exchange", "path": "InvokeCommand", "probability": parameters["share"]}, action)
    return 1


def _end_storm(world: World, parameters: Parameters) -> int:
    _take_rules(world, parameters)
    return 0


def _withdraw_permission(world: World, parameters: Parameters) -> int:
    """Take the application permission away in some organizations; the tokens that were given out are no good there."""
    for index in parameters["organizations"]:
        tenant = world.organizations[index].tenant_id
        world.sandbox.control("POST", f"organizations/{tenant}/trouble", json={"trouble": "exchange_role_revoked"})
    return len(parameters["organizations"])


def _give_permission(world: World, parameters: Parameters) -> int:
    for index in parameters["organizations"]:
        tenant = world.organizations[index].tenant_id
        world.sandbox.control("POST", f"organizations/{tenant}/trouble", json={"trouble": None})
    return 0


def _remove_certificate(world: World, _: Parameters) -> int:
    certificate = persist(world.certificate)
    world.sandbox.control("DELETE", f"apps/{certificate.app_registration.application_id}/certificates")
    return 1


def _register_certificate(world: World, _: Parameters) -> int:
    certificate = persist(world.certificate)
    register_certificate(world.sandbox.url, certificate.app_registration.application_id, certificate.certificate_pem)
    return 0


def _times(rng: random.Random) -> Parameters:
    return {"times": rng.randint(1, 4)}


def _storm_of(rng: random.Random) -> Parameters:
    return {"retry_after": rng.choice([2, 3, 4]), "share": rng.choice([0.3, 0.6])}


def _some_organizations(rng: random.Random) -> Parameters:
    return {"organizations": rng.sample(range(40), 4)}


KINDS = (
    *(Kind(f"Exchange: {action}", _lies(action), _take_rules, _times, seconds=2) for action in LYING),
    Kind("Exchange: 503", _unavailable, _take_rules, _times, seconds=2),
    Kind("429 storm", _storm, _end_storm, _storm_of, seconds=4),
    Kind("permission withdrawn in mid-run", _withdraw_permission, _give_permission, _some_organizations, seconds=2),
    Kind("certificate removed in mid-run", _remove_certificate, _register_certificate, seconds=2),
)
