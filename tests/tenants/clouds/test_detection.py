"""In which cloud a tenant is, asked of the simulated login hosts."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.clouds.detection import LookUpFailed, NoSuchTenant, look_up, look_up_all
from tests.live import Sandbox

CLOUDS = ("O365Default", "O365USGovGCCHigh", "O365USGovDoD", "O365China")


def listed(sandbox: Sandbox, cloud: str) -> dict[str, Any]:
    return next(o for o in sandbox.control("GET", "organizations") if o["cloud"] == cloud)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("called", ["tenant_id", "initial_domain", "default_domain"])
def test_a_tenant_is_found_in_its_own_cloud(sandbox: Sandbox, cloud: str, called: str) -> None:
    organization = listed(sandbox, cloud)
    found = look_up(f" {organization[called].upper()} ")
    assert (found.environment, found.tenant_id) == (cloud, UUID(organization["tenant_id"]))


@pytest.mark.parametrize("name", ["unknown.example", "0b6a1b5e-3c1d-4d0f-9a55-6b7f1f7f0c11"])
def test_a_tenant_of_no_cloud_is_said_to_be_unknown(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(NoSuchTenant, match="No cloud of Microsoft knows"):
        look_up(name)


@pytest.mark.parametrize("name", ["", "common", "organizations", "a b.example", "x/../y.example", "contoso", "é.de"])
def test_what_is_no_name_is_asked_of_nobody(name: str) -> None:
    with pytest.raises(NoSuchTenant, match="neither a domain nor a tenant id"):
        look_up(name)


@pytest.mark.parametrize("kind", ["html", "throttled", "reset_before_execute"])
def test_a_login_host_that_does_not_answer_decides_nothing(sandbox: Sandbox, kind: str) -> None:
    sandbox.control("POST", "faults", json={"match": {"service": "login"}, "action": {"type": kind}})
    with pytest.raises(LookUpFailed):
        look_up(listed(sandbox, "O365Default")["tenant_id"])


def test_many_are_looked_up_and_the_unknown_are_left_out(sandbox: Sandbox) -> None:
    known = {listed(sandbox, cloud)["tenant_id"]: cloud for cloud in CLOUDS}
    found = dict(look_up_all([*known, str(uuid4())]))
    assert {tenant: each.environment for tenant, each in found.items()} == known
