"""The production clients, unmodified, against the simulated cloud over TLS."""

import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from jobs.exchange.answer import Answer
from jobs.exchange.connection import connect
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.spec import Token
from tenants.microsoft import connections, graph, partner_center
from tenants.microsoft.environments import detect
from tenants.microsoft.errors import MicrosoftError, Throttled
from tenants.microsoft.http import close_thread_connections
from tenants.microsoft.login import openid_configuration, tenant_id
from tenants.tokens.failures import TokenFailure
from tests.jobs.exchange.cloud import SimulatedCloud

GRAPH = "https://graph.microsoft.com/.default"


def run(
    cloud: SimulatedCloud, organization: dict[str, Any], cmdlet: str, parameters: dict[str, Any], **options: Any
) -> Answer:
    tokens, scope = cloud.app_only_tokens(), cloud.environment.exchange_scope
    tenant = organization["tenant_id"]
    reads = cmdlet.startswith("Get-")
    with connect(
        cloud.spec(organization, **options),
        lambda claims: tokens.acquire(tenant, scope, claims=claims),
        commands=[cmdlet],
        before_probe=lambda probe, request_id: None,
    ) as connection:
        return connection.invoke(cmdlet, parameters, reads=reads)


def fault(cloud: SimulatedCloud, kind: str, match: dict[str, Any] | None = None, **action: Any) -> None:
    rule = {
        "match": {"service": "exchange", "method": "POST", "times": 1} | (match or {}),
        "action": {"type": kind} | action,
    }
    cloud.control("POST", "faults", json=rule)


def test_reads_the_accepted_domains_of_every_organization(cloud: SimulatedCloud) -> None:
    for organization in cloud.organizations():
        answer = run(cloud, organization, "Get-AcceptedDomain", {})
        assert {row["DomainName"] for row in answer.rows} == set(organization["domains"])

    assert cloud.control("GET", "state")["violations"] == {}


def test_reads_every_page(cloud: SimulatedCloud) -> None:
    organization = max(cloud.organizations(), key=lambda o: o["mailboxes"])

    answer = run(cloud, organization, "Get-Mailbox", {"ResultSize": "Unlimited"}, page_size=500)

    assert answer.pages == len(answer.rows) // 500 + 1 > 2
    assert len({row["Guid"] for row in answer.rows}) == len(answer.rows) >= organization["mailboxes"]
    assert not answer.is_truncated


def test_says_that_a_list_was_cut(cloud: SimulatedCloud) -> None:
    organization = max(cloud.organizations(), key=lambda o: o["mailboxes"])

    answer = run(cloud, organization, "Get-Mailbox", {"ResultSize": 10})

    assert (len(answer.rows), answer.is_truncated) == (10, True)


@pytest.mark.parametrize("kind", ["expire_cursor", "flip_backend"])
def test_starts_an_expired_read_again(cloud: SimulatedCloud, kind: str) -> None:
    organization = max(cloud.organizations(), key=lambda o: o["mailboxes"])
    fault(cloud, kind, {"nth": 2})

    answer = run(cloud, organization, "Get-Mailbox", {"ResultSize": "Unlimited"}, page_size=500)

    assert len({row["Guid"] for row in answer.rows}) == len(answer.rows) >= organization["mailboxes"]


def test_changes_a_mailbox_once(cloud: SimulatedCloud) -> None:
    organization = cloud.organizations()[1]
    mailbox = run(cloud, organization, "Get-Mailbox", {"ResultSize": 1}).rows[0]
    change = {"Identity": mailbox["Guid"], "CustomAttribute1": "marked", "Confirm": False}

    assert run(cloud, organization, "Set-Mailbox", change).rows == ()
    again = run(cloud, organization, "Get-Mailbox", {"Identity": mailbox["Guid"]}).rows[0]

    assert again["CustomAttribute1"] == "marked"


@pytest.mark.parametrize(
    ("trouble", "error_class", "answered"),
    [
        ("app_not_consented", "no_consent", False),
        ("no_exchange_licence", "no_exchange_in_organization", False),
        ("subscription_lapsed", "subscription_lapsed", False),
        ("conditional_access", "conditional_access_blocked", False),
        ("app_disabled", "app_disabled_in_organization", False),
        ("role_missing", "role_missing", True),
        ("role_unsupported", "app_role_unsupported", True),
        ("exchange_role_revoked", "permission_missing_in_token", False),
    ],
)
def test_explains_the_trouble_of_an_organization(
    cloud: SimulatedCloud, trouble: str, error_class: str, answered: bool
) -> None:
    organization = cloud.organizations(trouble=None)[0]
    path = f"organizations/{organization['tenant_id']}/trouble"
    cloud.control("POST", path, json={"trouble": trouble})

    with pytest.raises(CallFailed) as caught:
        run(cloud, organization, "Get-AcceptedDomain", {})
    assert (caught.value.explanation.error_class, caught.value.answered) == (error_class, answered)
    assert caught.value.ran is Ran.NO

    cloud.control("POST", path, json={"trouble": None})
    assert run(cloud, organization, "Get-AcceptedDomain", {}).rows


def test_a_trimmed_role_is_seen_before_anything_is_sent(cloud: SimulatedCloud) -> None:
    organization = cloud.organizations()[0]
    cloud.control("POST", f"organizations/{organization['tenant_id']}/trouble", json={"trouble": "cmdlet_trimmed"})

    with pytest.raises(CallFailed) as caught:
        run(cloud, organization, "Set-TransportRule", {})

    assert (caught.value.explanation.error_class, caught.value.detail) == ("cmdlet_absent", "Set-TransportRule")


def test_connections_are_kept_alive_across_organizations(
    cloud: SimulatedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    class Counted(connections._Connection):
        def __init__(self, origin: connections.Origin, *others: Any) -> None:
            opened.append(origin[1])
            super().__init__(origin, *others)

    close_thread_connections()
    monkeypatch.setattr(connections, "_Connection", Counted)
    for organization in cloud.organizations(redirects=False)[:5]:
        run(cloud, organization, "Get-AcceptedDomain", {})

    assert opened == ["localhost"]


@pytest.mark.parametrize(
    ("kind", "action", "error_class", "ran"),
    [
        ("status", {"code": 429, "headers": {"Retry-After": "20"}}, "throttled", Ran.NO),
        ("throttled", {"retry_after": 20}, "throttled", Ran.NO),
        ("status", {"code": 503}, "service_unavailable", Ran.UNKNOWN),
        ("nul403", {}, "parameter_not_granted", Ran.NO),
        ("html", {"status": 200}, "unreadable_answer", Ran.UNKNOWN),
        ("reset_before_execute", {}, "connection_lost", Ran.UNKNOWN),
        ("execute_then_reset", {}, "connection_lost", Ran.UNKNOWN),
        ("execute_then_504", {}, "gateway_timeout", Ran.UNKNOWN),
        ("truncate_body", {}, "connection_lost", Ran.UNKNOWN),
    ],
)
def test_tells_what_certainly_did_not_run_from_what_may_have(
    cloud: SimulatedCloud, kind: str, action: dict[str, Any], error_class: str, ran: Ran
) -> None:
    organization = cloud.organizations(redirects=False)[0]
    mailbox = run(cloud, organization, "Get-Mailbox", {"ResultSize": 1}).rows[0]
    fault(cloud, kind, {"cmdlet": "Set-Mailbox"}, **action)

    with pytest.raises(CallFailed) as caught:
        run(
            cloud, organization, "Set-Mailbox", {"Identity": mailbox["Guid"], "CustomAttribute1": "x", "Confirm": False}
        )

    assert (caught.value.explanation.error_class, caught.value.ran) == (error_class, ran)
    assert caught.value.retry_after == (20 if error_class == "throttled" else None)


def test_gives_up_waiting_in_time(cloud: SimulatedCloud) -> None:
    organization = cloud.organizations(redirects=False)[0]
    fault(cloud, "hold", {"cmdlet": "Get-AcceptedDomain"})

    with pytest.raises(CallFailed) as caught:
        run(cloud, organization, "Get-AcceptedDomain", {}, read_timeout=0.5)

    assert (caught.value.explanation.error_class, caught.value.ran) == ("no_answer_in_time", Ran.UNKNOWN)


def test_meets_a_claims_challenge(cloud: SimulatedCloud) -> None:
    organization = cloud.organizations(redirects=False)[0]
    fault(cloud, "claims_challenge")

    answer = run(cloud, organization, "Get-AcceptedDomain", {})

    assert answer.rows
    assert [exchange.status for exchange in answer.exchanges] == [401, 200]


@pytest.mark.parametrize(
    ("cmdlet", "parameters", "error_class"),
    [
        ("Get-Mailbox", {"Identity": "nobody"}, "object_not_found"),
        ("Get-Mailbox", {"Bogus": 1}, "unknown_parameter"),
    ],
)
def test_explains_a_refused_cmdlet(
    cloud: SimulatedCloud, cmdlet: str, parameters: dict[str, Any], error_class: str
) -> None:
    with pytest.raises(CallFailed) as caught:
        run(cloud, cloud.organizations()[0], cmdlet, parameters)

    assert caught.value.explanation.error_class == error_class
    assert (caught.value.answered, caught.value.ran) == (True, Ran.NO)


def test_many_organizations_at_once_stay_apart(cloud: SimulatedCloud) -> None:
    found: dict[str, set[str]] = {}

    def work(organization: dict[str, Any]) -> None:
        rows = run(cloud, organization, "Get-AcceptedDomain", {}).rows
        found[organization["tenant_id"]] = {row["DomainName"] for row in rows}

    threads = [threading.Thread(target=work, args=[organization]) for organization in cloud.organizations()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {o["tenant_id"]: set(o["domains"]) for o in cloud.organizations()}
    assert cloud.control("GET", "state")["violations"] == {}


def test_acts_for_the_service_account_through_gdap(cloud: SimulatedCloud) -> None:
    organization = next(o for o in cloud.organizations() if "29232cdf-9323-42fd-ade2-1d097af3e4de" in o["roles"])
    tokens, tenant = cloud.delegated_tokens(), organization["tenant_id"]
    scope = cloud.environment.exchange_scope
    spec = cloud.spec(organization, app_only=False)

    with connect(spec, lambda claims: tokens.acquire(tenant, scope, claims=claims)) as connection:
        assert connection.invoke("Get-AcceptedDomain", {}, reads=True).rows
    assert tokens.acquire(tenant, scope).identity == cloud.partner["service_account"]


def test_a_vanished_organization_is_explained(cloud: SimulatedCloud) -> None:
    with pytest.raises(TokenFailure) as caught:
        cloud.app_only_tokens().acquire("00000000-0000-4000-8000-00000000dead", cloud.environment.exchange_scope)

    assert caught.value.code == "AADSTS90002"


class TestPartner:
    def test_reads_relationships_and_their_assignments(self, cloud: SimulatedCloud) -> None:
        bearer = cloud.delegated_tokens().acquire(cloud.partner["tenant_id"], GRAPH).value
        found = list(graph.relationships(cloud.client, bearer, graph_url=cloud.url))
        active = [relationship.id for relationship in found if relationship.status == "active"]

        assignments = list(graph.access_assignments(cloud.client, bearer, active, graph_url=cloud.url))

        expected = {o["tenant_id"] for o in cloud.organizations(relationship="active")}
        assert {r.customer_tenant_id for r in found if r.status == "active"} == expected
        assert {assignment.relationship_id for assignment in assignments} == set(active)
        assert all(assignment.group_id and assignment.role_definition_ids for assignment in assignments)

    def test_reads_customers_and_contracts(self, cloud: SimulatedCloud) -> None:
        tokens = cloud.delegated_tokens()
        bearer = tokens.acquire(cloud.partner["tenant_id"], GRAPH).value
        for_partner_center = tokens.acquire(
            cloud.partner["tenant_id"], "https://api.partnercenter.microsoft.com/.default"
        ).value
        resold = {o["tenant_id"] for o in cloud.organizations(reseller=True)}

        customers = partner_center.customers(
            cloud.client, for_partner_center, partner_center_url=cloud.url, page_size=7
        )

        assert {customer.tenant_id for customer in customers} == resold
        assert {c.customer_tenant_id for c in graph.contracts(cloud.client, bearer, graph_url=cloud.url)} == resold

    def test_reads_an_organization_with_its_domains(self, cloud: SimulatedCloud) -> None:
        organization = cloud.organizations()[0]
        bearer = cloud.delegated_tokens().acquire(organization["tenant_id"], GRAPH).value

        found = graph.organization(cloud.client, bearer, graph_url=cloud.url)

        assert (found.tenant_id, found.initial_domain) == (organization["tenant_id"], organization["initial_domain"])
        assert {domain.name for domain in found.domains} == set(organization["domains"])

    def test_finds_tenant_and_cloud_of_a_domain(self, cloud: SimulatedCloud) -> None:
        organization = cloud.organizations()[0]

        configuration = openid_configuration(cloud.client, cloud.url, organization["default_domain"])

        assert tenant_id(configuration) == organization["tenant_id"]
        assert detect(configuration) == "O365Default"
        with pytest.raises(MicrosoftError):
            openid_configuration(cloud.client, cloud.url, "nobody.example")

    def test_hands_on_how_long_to_wait(self, cloud: SimulatedCloud) -> None:
        bearer = cloud.delegated_tokens().acquire(cloud.partner["tenant_id"], GRAPH).value
        cloud.control(
            "POST", "faults", json={"match": {"service": "graph"}, "action": {"type": "throttled", "retry_after": 9}}
        )

        with pytest.raises(Throttled) as caught:
            list(graph.relationships(cloud.client, bearer, graph_url=cloud.url))

        assert caught.value.retry_after == 9


def test_permission_to_send_is_asked_for_once_a_connection_is_open(
    cloud: SimulatedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening one may take long; the answer would not hold any more by then."""
    opened: list[str] = []
    real = connections._Connection.__init__

    def note(self: Any, origin: connections.Origin, *rest: Any) -> None:
        opened.append("connection")
        real(self, origin, *rest)

    monkeypatch.setattr(connections._Connection, "__init__", note)
    organization = cloud.organizations()[0]
    with connect(cloud.spec(organization), _token(cloud, organization), commands=["Get-AcceptedDomain"]) as connection:
        close_thread_connections()
        opened.clear()
        connection.before_send = lambda request_id: opened.append("permission")
        connection.invoke("Get-AcceptedDomain", {}, reads=True)

    assert opened == ["connection", "permission"]


def test_where_no_connection_opens_no_permission_to_send_is_asked_for_and_nothing_ran(
    cloud: SimulatedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    organization = cloud.organizations()[0]
    with connect(cloud.spec(organization), _token(cloud, organization), commands=["Set-Mailbox"]) as connection:
        close_thread_connections()
        monkeypatch.setattr("socket.create_connection", Mock(side_effect=TimeoutError("no answer")))
        connection.before_send = asked = Mock()
        with pytest.raises(CallFailed) as caught:
            connection.invoke("Set-Mailbox", {"Identity": "x"}, reads=False)

    assert (caught.value.ran, asked.call_count) == (Ran.NO, 0)
    assert [exchange.problem for exchange in caught.value.exchanges] == ["ConnectTimeout: no answer"]


def _token(cloud: SimulatedCloud, organization: dict[str, Any]) -> Callable[[str | None], Token]:
    tokens, scope = cloud.app_only_tokens(), cloud.environment.exchange_scope
    return lambda claims: tokens.acquire(organization["tenant_id"], scope, claims=claims)
