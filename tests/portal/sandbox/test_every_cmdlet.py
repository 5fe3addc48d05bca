"""Every catalogued cmdlet can be called with plausible parameters and never breaks the engine."""

import random
from typing import Any

import orjson
import pytest

from tests.portal.sandbox.conftest import COMPLIANCE_SCOPE, ROOT, Sandbox

RAW = orjson.loads((ROOT / "jobs/catalogue/data/cmdlets.json").read_bytes())
KINDS = RAW["meta"]["type_kinds"]
CMDLETS = list(RAW["cmdlets"].values()) if isinstance(RAW["cmdlets"], dict) else RAW["cmdlets"]


def plausible(parameter: dict[str, Any], rng: random.Random) -> Any:
    """A value of the parameter's type."""
    if parameter.get("switch"):
        return True
    values = parameter.get("accepted_values") or parameter.get("values")
    kind = KINDS.get(parameter["type"], "other")
    value: Any = rng.choice(values) if values else _by_kind(kind.removesuffix("[]"), parameter)
    return [value] if parameter.get("multivalued") and not isinstance(value, dict) else value


def _by_kind(kind: str, parameter: dict[str, Any]) -> Any:
    low, high = parameter.get("range") or (1, 9)
    return {
        "bool": True,
        "int": int(low),
        "number": high,
        "guid": "3f9d5a0e-52cd-4c56-9f0a-6a0d5d1c2b3a",
        "datetime": "2026-01-31T00:00:00Z",
        "timespan": "1.00:00:00",
        "unlimited": "Unlimited",
        "size": "49.5 GB",
        "address": "someone@contoso.example",
        "domain": "contoso.example",
        "hashtable": {"@odata.type": "#Exchange.GenericHashTable", "Key": "Value"},
        "uri": "https://contoso.example/",
    }.get(kind, "Default")


def plausible_call(cmdlet: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The required parameters of one set, and up to three optional ones of the same set."""
    sets = [s for s in cmdlet["parameter_sets"].values() if s.get("services") is None or s["services"]]
    if not sets:
        return {}
    chosen = rng.choice(sets)["parameters"]
    usable = [p for p in chosen if cmdlet["parameters"].get(p["name"], {}).get("services") != []]
    optional = [p["name"] for p in usable if not p.get("required") and p["name"] not in {"Confirm", "WhatIf"}]
    names = [p["name"] for p in usable if p.get("required")] + rng.sample(optional, min(3, len(optional)))
    return {name: plausible(cmdlet["parameters"][name], rng) for name in names}


@pytest.mark.parametrize("seed", [20260401])
def test_no_cmdlet_answers_500(sandbox: Sandbox, seed: int) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    organization = sandbox.healthy()
    tokens = {"exo": sandbox.token(organization), "scc": sandbox.token(organization, COMPLIANCE_SCOPE)}
    statuses: dict[int, list[str]] = {}
    for cmdlet in CMDLETS:
        service = "exo" if {"exo", "eop"} & set(cmdlet["services"]) else "scc"
        invoke = sandbox.invoke if service == "exo" else sandbox.invoke_compliance
        answer = invoke(organization, tokens[service], cmdlet["name"], plausible_call(cmdlet, rng))
        statuses.setdefault(answer.status_code, []).append(cmdlet["name"])
        if answer.status_code == 200:
            assert isinstance(answer.json()["value"], list)
    print({status: len(names) for status, names in statuses.items()})
    assert len(CMDLETS) == 941
    assert set(statuses) <= {200, 400, 403, 404}
    assert statuses[403] == ["Connect-ExchangeOnline", "Connect-IPPSSession", "Disconnect-ExchangeOnline"]
    assert len(statuses[200]) > 440
