import json
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from portal.core.secrets.secret import Secret
from tenants.microsoft import graph, partner_center
from tenants.microsoft.errors import MicrosoftError, Throttled
from tenants.microsoft.http import light_client

URL = "https://graph.microsoft.com"


def client(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return light_client(transport=httpx.MockTransport(answer))


def test_reads_relationships_over_all_pages() -> None:
    relationship = {
        "@odata.etag": 'W/"e"',
        "id": "r1",
        "displayName": "MLT_x",
        "duration": "P730D",
        "customer": {"tenantId": "52EAAD04-0000", "displayName": "Contoso"},
        "accessDetails": {"unifiedRoles": [{"roleDefinitionId": "role"}]},
        "status": "active",
        "autoExtendDuration": "P180D",
        "endDateTime": "2027-01-01T00:00:00Z",
    }

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer b"
        if "skiptoken" in str(request.url):
            return httpx.Response(200, json={"value": [relationship | {"id": "r2", "displayName": "x"}]})
        return httpx.Response(200, json={"value": [relationship], "@odata.nextLink": f"{request.url}?$skiptoken=1"})

    first, second = graph.relationships(client(answer), Secret("b"), graph_url=URL)

    assert (first.id, first.customer_tenant_id, first.role_definition_ids) == ("r1", "52eaad04-0000", ("role",))
    assert (first.ends_at, first.created_at, first.etag) == (datetime(2027, 1, 1, tzinfo=UTC), None, 'W/"e"')
    assert (first.is_microsoft_led, second.is_microsoft_led) == (True, False)


@pytest.mark.parametrize("link", ["https://evil.example/v1.0/x", "http://graph.microsoft.com/x"])
def test_the_bearer_follows_no_link_to_another_host(link: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={"value": [], "@odata.nextLink": link})

    with pytest.raises(MicrosoftError):
        list(graph.contracts(client(answer), Secret("b"), graph_url=URL))
    assert len(asked) == 1


def test_a_list_without_an_end_is_an_error() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"value": [], "@odata.nextLink": f"{URL}/v1.0/contracts?again"})

    with pytest.raises(MicrosoftError):
        list(graph.contracts(client(answer), Secret("b"), graph_url=URL))


def batch(change: Callable[[list[dict[str, object]]], list[dict[str, object]]]) -> httpx.Client:
    def answer(request: httpx.Request) -> httpx.Response:
        requests = json.loads(request.content)["requests"]
        assert len(requests) <= 20
        answers = [
            {
                "id": item["id"],
                "status": 200,
                "body": {"value": [{"id": item["url"].split("/")[-2], "status": "active"}]},
            }
            for item in requests
        ]
        return httpx.Response(200, json={"responses": change(answers)})

    return client(answer)


def test_reads_assignments_in_batches_whatever_the_order() -> None:
    wanted = [f"r{number}" for number in range(45)]

    found = graph.access_assignments(batch(lambda answers: answers[::-1]), Secret("b"), wanted, graph_url=URL)

    assert {(assignment.relationship_id, assignment.id) for assignment in found} == {(name, name) for name in wanted}


@pytest.mark.parametrize(
    "change",
    [
        lambda answers: answers[1:],
        lambda answers: answers[1:] + answers[1:2],
        lambda answers: [],
        lambda answers: [answers[0] | {"status": 403, "body": {"error": {"code": "c", "message": "m"}}}, *answers[1:]],
    ],
    ids=["missing", "doubled", "empty", "refused"],
)
def test_a_batch_never_leaves_a_relationship_out(
    change: Callable[[list[dict[str, object]]], list[dict[str, object]]],
) -> None:
    with pytest.raises(MicrosoftError):
        list(graph.access_assignments(batch(change), Secret("b"), ["r1", "r2", "r3"], graph_url=URL))


def test_a_throttled_item_of_a_batch_says_how_long_to_wait() -> None:
    throttled = {"status": 429, "headers": {"Retry-After": "11"}, "body": {}}

    with pytest.raises(Throttled) as caught:
        list(
            graph.access_assignments(
                batch(lambda answers: [answer | throttled for answer in answers]), Secret("b"), ["r"], graph_url=URL
            )
        )
    assert caught.value.retry_after == 11


def test_no_connection_is_an_error_without_status() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with pytest.raises(MicrosoftError) as caught:
        graph.organization(client(answer), Secret("b"), graph_url=URL)
    assert caught.value.status is None


@pytest.mark.parametrize("uri", ["/customers?size=1&seekOperation=Next", "/v1/customers?size=1&seekOperation=Next"])
def test_partner_center_pages_carry_the_continuation_token(uri: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/customers"
        profile = {"tenantId": "T1", "domain": "a.onmicrosoft.com", "companyName": "A"}
        body: dict[str, object] = {
            "items": [{"id": "x", "companyProfile": profile, "relationshipToPartner": "reseller"}],
            "links": {},
        }
        if "MS-ContinuationToken" not in request.headers:
            headers = [{"key": "MS-ContinuationToken", "value": "t"}]
            body["links"] = {"next": {"uri": uri, "method": "GET", "headers": headers}}
        return httpx.Response(200, content=b"\xef\xbb\xbf" + json.dumps(body).encode())

    found = list(partner_center.customers(client(answer), Secret("b"), partner_center_url="https://pc.example"))

    assert found == [partner_center.Customer("t1", "a.onmicrosoft.com", "A", "reseller")] * 2
