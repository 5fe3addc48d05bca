import threading

import httpx
import pytest

from tenants.microsoft import http
from tenants.microsoft.connections import Connections
from tenants.microsoft.http import LoginHttp, ThreadTransport, light_client, ssl_context


def test_there_is_one_ssl_context() -> None:
    assert ssl_context() is ssl_context(None)


def test_clients_share_connections_but_not_cookies() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "tenant=a; Path=/"})

    transport = httpx.MockTransport(answer)
    with light_client(transport=transport) as first, light_client(transport=transport) as second:
        first.get("https://host.example/")
        second.get("https://host.example/")
        first.get("https://host.example/")

    assert seen == [None, None, "tenant=a"]


def test_closing_a_client_leaves_the_connections_of_the_thread_open(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    class Recorder(Connections):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200)

        def close(self) -> None:
            closed.append("closed")

    monkeypatch.setattr(http, "Connections", Recorder)
    used: list[httpx.BaseTransport] = []

    def work() -> None:
        for _ in range(2):
            with light_client() as client:
                client.get("https://host.example/")
            used.append(http._pools.by_ca_file[None].transport)
        assert closed == []

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert used[0] is used[1]
    assert closed == ["closed"]  # with its thread


def test_each_thread_has_connections_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    class Recorder(Connections):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            made.append(self)
            return httpx.Response(200)

    monkeypatch.setattr(http, "Connections", Recorder)
    transport = ThreadTransport()
    client = light_client(transport=transport)
    threads = [threading.Thread(target=client.get, args=["https://host.example/"]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 3


def test_a_redirect_is_never_followed_by_the_client() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(302, headers={"Location": "https://other.example"}))
    with light_client(transport=transport) as client:
        assert client.get("https://host.example/").status_code == 302


def test_msal_gets_bytes_and_query_right() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(429, text="slow", headers={"Retry-After": "3", "Set-Cookie": "a=b"})

    client = LoginHttp(transport=httpx.MockTransport(answer))
    response = client.post("https://login.example/t?x=1", data={"client_assertion": b"abc", "scope": "a b"}, params={})
    client.get("https://login.example/t")

    assert sent[0].content == b"client_assertion=abc&scope=a+b"
    assert sent[0].url.query == b"x=1"
    assert "Cookie" not in sent[1].headers
    assert (response.status_code, response.text, response.headers["Retry-After"]) == (429, "", "3")
    assert (client.last_status, client.last_headers["Retry-After"], client.last_text) == (429, "3", "slow")
    with pytest.raises(httpx.HTTPStatusError):
        response.raise_for_status()


@pytest.mark.parametrize("body", ['{"access_token": "secret"}', '{"access_token": "secret", "expi'])
def test_the_body_of_a_success_is_not_kept(body: str) -> None:
    client = LoginHttp(transport=httpx.MockTransport(lambda request: httpx.Response(200, text=body)))

    response = client.post("https://login.example/t", data={"scope": "a"})

    assert (client.last_status, client.last_text) == (200, "")
    assert response.text == (body if body.endswith("}") else "")
