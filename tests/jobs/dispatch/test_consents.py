"""What runs find out about the consents of the organizations that they reach, or do not."""

from collections.abc import Callable

import pytest

from jobs.runs.models import Run, RunTarget
from tenants.consents.models import Consent, ConsentChange
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.live import Sandbox, forget_everything

pytestmark = pytest.mark.django_db(transaction=True)
CarryOut = Callable[[Run], list[RunTarget]]
Bring = Callable[..., list[Organization]]


def consents() -> dict[str, tuple[str, list[str], str]]:
    found = Consent.objects.select_related("organization")
    return {c.organization.name: (c.state, c.permissions, c.evidence) for c in found}


def test_a_run_tells_where_the_application_has_consent(
    launch: Launch, carry_out: CarryOut, organizations_of: Bring, sandbox: Sandbox
) -> None:
    (healthy,), (closed,) = organizations_of(1), organizations_of(1, trouble="app_not_consented")
    (off,), (roleless,) = organizations_of(1, trouble="app_disabled"), organizations_of(1, trouble="role_missing")
    (blocked,) = organizations_of(1, trouble="conditional_access")
    carry_out(launch("Get-AcceptedDomain", [healthy, closed, off, roleless, blocked]))
    assert consents() == {
        healthy.name: ("granted", ["Exchange.ManageAsApp"], "token"),
        closed.name: ("missing", [], "AADSTS65001"),
        off.name: ("refused", [], "AADSTS7000112"),
        roleless.name: ("granted", ["Exchange.ManageAsApp"], "token"),
    }, "Conditional Access says nothing about consent"


def test_a_consent_that_is_given_later_is_found_by_the_next_run(
    launch: Launch, carry_out: CarryOut, organizations_of: Bring, sandbox: Sandbox
) -> None:
    (place,) = organizations_of(1, trouble="app_not_consented")
    carry_out(launch("Get-AcceptedDomain", [place]))
    sandbox.control("POST", f"organizations/{place.tenant_id}/trouble", json={"trouble": None})
    forget_everything()
    carry_out(launch("Get-AcceptedDomain", [place]))
    assert consents()[place.name][0] == "granted"
    found = ConsentChange.objects.order_by("found_at").values_list("before", "after")
    assert list(found) == [("unknown", "missing"), ("missing", "granted")]
