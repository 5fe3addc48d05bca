"""The rungs of relationship, role and consent speak of the right by which the profile that applies gets in."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.ladder.rungs import Rung
from tenants.ladder.selectors import Ladder, ladder_of
from tenants.ladder.steps import Step
from tenants.organizations.models import Organization
from tenants.partner.services import store_partner_sign_in
from tenants.profiles.models import ProfileAssignment
from tenants.relationships.selectors import relationships_of
from tests.factories import SYSTEM, assign, make_app_registration, make_organizations, make_partner, make_profile
from tests.tenants.readings import customer, reading, store

pytestmark = pytest.mark.django_db
ACCOUNT, PERSON = "The partner's service account", "Whoever launches the run"
ISSUED = "Entra issued a token just now."
ON_REQUEST = "Not known: Entra tells only when a token is asked for."
AT_SIGN_IN = "Not known: Entra tells only when a person signs in."
OWN_CLIENT = "None is needed: Microsoft's own client"
NO_GDAP = "There is no GDAP relationship."
NO_CSP = "It is no reseller customer (CSP) of Halyard."
# Each way to get in, with the states and the words of the rungs relationship, role and consent.
Row = tuple[str, str, str, tuple[str, str, str]]
UNTRIED: list[Row] = [
    (
        "app_certificate_file",
        "",
        "unknown unknown unknown",
        (f"{NO_GDAP} The application itself gets in", "Only Exchange can tell which role the application", ON_REQUEST),
    ),
    (
        "delegated",
        "gdap",
        "bad unknown unknown",
        (f"{NO_GDAP} {ACCOUNT} does not get in", "Hangs on the relationship", ON_REQUEST),
    ),
    (
        "delegated",
        "csp",
        "bad unknown unknown",
        (f"{NO_CSP} {ACCOUNT} does not get in", f"{ACCOUNT} needs a role, and the reseller", ON_REQUEST),
    ),
    (
        "delegated",
        "guest",
        "unknown unknown unknown",
        (f"{ACCOUNT} gets in as a guest", f"{ACCOUNT} needs a role in the customer's directory", ON_REQUEST),
    ),
    (
        "interactive",
        "gdap",
        "bad unknown unknown",
        (f"{NO_GDAP} {PERSON} does not", "Hangs on the relationship", AT_SIGN_IN),
    ),
    ("interactive", "csp", "bad unknown unknown", (f"{NO_CSP} {PERSON} does not", f"{PERSON} needs", AT_SIGN_IN)),
    ("device", "guest", "unknown unknown unknown", ("as a guest", "in the customer's directory", OWN_CLIENT)),
    (
        "credential",
        "",
        "unknown unknown unknown",
        ("an account of the organization itself", "a role in its own organization", OWN_CLIENT),
    ),
    (
        "managed_identity_system",
        "",
        "unknown unknown unknown",
        ("belongs to one tenant", "a role assignment of its own", "Exchange.ManageAsApp"),
    ),
    (
        "access_token",
        "",
        "unknown unknown unknown",
        ("was issued for one organization", "the identity behind the access token", "None is asked for now"),
    ),
]
REACHED: list[Row] = [
    (
        "app_certificate_file",
        "",
        "unknown good good",
        ("The application itself", "Exchange accepted the application's role.", ISSUED),
    ),
    ("delegated", "gdap", "unknown good good", (f"{NO_GDAP} {ACCOUNT} got in", f"{ACCOUNT} holds a role", ISSUED)),
    ("delegated", "csp", "unknown good good", (f"{NO_CSP} {ACCOUNT} got in", f"{ACCOUNT} holds a role", ISSUED)),
    ("delegated", "guest", "good good good", ("gets in as a guest", f"{ACCOUNT} holds a role", ISSUED)),
    (
        "interactive",
        "gdap",
        "bad unknown unknown",
        (f"{NO_GDAP} {PERSON} does not", "Hangs on the relationship", AT_SIGN_IN),
    ),
    ("interactive", "csp", "bad unknown unknown", (f"{NO_CSP} {PERSON} does not", f"{PERSON} needs", AT_SIGN_IN)),
    ("device", "guest", "unknown unknown unknown", ("as a guest", "in the customer's directory", OWN_CLIENT)),
    ("credential", "", "unknown unknown unknown", ("the organization itself", "in its own organization", OWN_CLIENT)),
    (
        "managed_identity_system",
        "",
        "good good good",
        ("belongs to one tenant", "The machine that runs the workers holds a role", ISSUED),
    ),
    (
        "access_token",
        "",
        "good good good",
        ("was issued for one organization", "holds a role that Exchange accepted", "None is asked for now"),
    ),
]


def place(method: str, delegation: str, **values: Any) -> Organization:
    partner = make_partner(name="Halyard")
    make_app_registration(partner)
    store_partner_sign_in(actor=SYSTEM, partner=partner, user_principal_name="svc@halyard.example", refresh_token="t")
    organization = make_organizations(1, partner=partner, **values)[0]
    assign(make_profile(partner, name="Own", method=method, delegation=delegation), organization=organization)
    return organization


def climb(organization: Organization) -> Ladder:
    return ladder_of(organization, relationships_of(organization), [])


def step(ladder: Ladder, rung: Rung) -> Step:
    return next(each for each in ladder.steps if each.rung is rung)


def check(organization: Organization, states: str, words: tuple[str, str, str]) -> None:
    steps = climb(organization).steps[:3]
    assert " ".join(each.state for each in steps) == states
    for each, expected in zip(steps, words, strict=True):
        assert expected in each.fact
    if not words[0].startswith((NO_GDAP, "The application itself")):
        assert not any("GDAP" in f"{each.fact} {each.fix}" for each in steps)


def reached() -> dict[str, Any]:
    return {"reachability": "reachable", "reachability_checked_at": timezone.now()}


@pytest.mark.parametrize(("method", "delegation", "states", "words"), UNTRIED)
def test_where_nobody_tried_it_says_what_the_right_of_the_profile_hangs_on(
    method: str, delegation: str, states: str, words: tuple[str, str, str]
) -> None:
    check(place(method, delegation), states, words)


@pytest.mark.parametrize(("method", "delegation", "states", "words"), REACHED)
def test_where_exchange_answered_it_says_who_got_in_and_claims_nothing_of_anybodys_own_account(
    method: str, delegation: str, states: str, words: tuple[str, str, str]
) -> None:
    check(place(method, delegation, **reached()), states, words)


@pytest.mark.parametrize("method", ["delegated", "interactive"])
def test_a_reseller_customer_holds_the_relationship_of_csp(method: str) -> None:
    found = step(climb(place(method, "csp", is_reseller_customer=True)), Rung.RELATIONSHIP)
    assert (found.state, found.fact) == ("good", "It is a reseller customer (CSP) of Halyard.")


@pytest.mark.parametrize(
    ("method", "state", "words"),
    [
        ("delegated", "good", "Access through GDAP is there, with Exchange Administrator."),
        (
            "device",
            "unknown",
            f"{PERSON} has to belong to one of the partner's security groups, which hold Exchange Administrator.",
        ),
    ],
)
def test_through_gdap_the_chain_decides_the_role(method: str, state: str, words: str) -> None:
    organization = read_in(method)
    found = step(climb(organization), Rung.ROLE)
    assert (found.state, found.fact) == (state, words)
    assert step(climb(organization), Rung.RELATIONSHIP).state == "good"


@pytest.mark.parametrize(
    ("method", "state", "words"),
    [("delegated", "bad", "does not belong to Exchange team"), ("device", "unknown", PERSON)],
)
def test_whether_the_service_account_is_in_the_group_concerns_nobody_elses_account(
    method: str, state: str, words: str
) -> None:
    found = step(climb(read_in(method, is_member=False)), Rung.ROLE)
    assert found.state == state
    assert words in found.fact


@pytest.mark.parametrize("method", ["delegated", "device"])
def test_through_gdap_without_an_assignment_nobody_holds_a_role(method: str) -> None:
    found = step(climb(read_in(method, assigned={"status": "deleted"})), Rung.ROLE)
    assert (found.state, found.fix) == (
        "bad",
        "In Partner Center, assign a security group to the relationship, with its roles.",
    )


def read_in(method: str, *, is_member: bool = True, **values: Any) -> Organization:
    """Return an organization whose GDAP was read, entered through it."""
    partner = place(method, "gdap").partner
    store(partner, reading(customer(1, **values), is_member=is_member))
    organization = Organization.objects.get(partner=partner, name="Customer 1")
    ProfileAssignment.objects.filter(profile__name="Own").update(organization=organization)
    return organization


@pytest.mark.parametrize(
    ("method", "delegation", "fix"),
    [
        ("app_certificate_file", "", "Kept."),
        ("delegated", "gdap", "Ask the customer for a delegated admin relationship"),
        ("delegated", "csp", "the reseller relationship alone grants none"),
        ("delegated", "guest", "give the guest a role"),
        ("credential", "", "Give the account a role"),
        ("managed_identity_system", "", "assign the managed identity a role"),
        ("access_token", "", "Give the identity behind the access token a role"),
    ],
)
def test_a_role_that_is_missing_is_mended_by_the_right_of_the_profile(method: str, delegation: str, fix: str) -> None:
    organization = place(
        method,
        delegation,
        reachability="unreachable",
        reachability_class="role_missing",
        reachability_reason="No Exchange role in organization",
        reachability_fix="Kept.",
    )
    assert fix in step(climb(organization), Rung.ROLE).fix


@pytest.mark.parametrize(
    ("delegation", "words", "fix"),
    [
        ("gdap", "No GDAP rights", "Kept."),
        ("csp", "no right of the account through CSP", "AdminAgents"),
        ("guest", "The account is no guest", "invite the account"),
    ],
)
def test_an_account_that_is_unknown_there_is_explained_by_its_delegation(delegation: str, words: str, fix: str) -> None:
    organization = place(
        "delegated",
        delegation,
        reachability="unreachable",
        reachability_class="no_gdap_access",
        reachability_reason="No GDAP rights in this organization",
        reachability_fix="Kept.",
    )
    ladder = climb(organization)
    assert words in ladder.answer
    assert fix in ladder.fix


def test_in_the_partners_own_organization_its_accounts_need_no_relationship() -> None:
    organization = place("delegated", "gdap")
    organization.tenant_id = organization.partner.tenant_id
    assert "an account of the organization itself" in step(climb(organization), Rung.RELATIONSHIP).fact


def test_without_a_connection_profile_nothing_is_said_of_the_application() -> None:
    organization = place("delegated", "guest", **reached())
    ProfileAssignment.objects.all().delete()
    ladder = climb(organization)
    assert not any("application" in each.fact for each in ladder.steps)
    assert ladder.answer.startswith("Token: No connection profile applies")


@pytest.mark.parametrize(
    ("method", "delegation", "words"),
    [
        ("app_certificate_file", "", "needs no GDAP: it gets in by the application's consent"),
        ("delegated", "gdap", ""),
        ("interactive", "gdap", "each of them has to belong to a security group"),
        ("delegated", "csp", "needs no GDAP: it gets in through CSP"),
        ("delegated", "guest", "needs no GDAP: it gets in as a guest"),
    ],
)
def test_beside_the_chain_through_gdap_it_says_by_which_right_the_profile_gets_in(
    method: str, delegation: str, words: str
) -> None:
    beside = climb(place(method, delegation)).beside_gdap
    assert words in beside
    assert bool(beside) == bool(words)


@pytest.mark.parametrize(("method", "delegation"), [("app_certificate_file", ""), ("delegated", "guest")])
def test_the_profile_is_looked_up_once(method: str, delegation: str) -> None:
    organization = Organization.objects.select_related("partner").get(pk=place(method, delegation).pk)
    with CaptureQueriesContext(connection) as queries:
        ladder_of(organization, [], [])
    lookups = [each["sql"] for each in queries.captured_queries if 'FROM "profile_assignment"' in each["sql"]]
    assert len(lookups) == 1
