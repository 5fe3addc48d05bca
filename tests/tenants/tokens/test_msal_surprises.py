"""What msal does that bites a service for many tenants (exchange-protocol.md 2.8), pinned against the installed msal.

Each test states msal's behaviour, not ours: when an upgrade changes it, what is built around it can go.
"""

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msal
import pytest
from msal.exceptions import MsalServiceError

AUTHORITY = "https://login.microsoftonline.com/3750b40b-a68b-4632-9fb3-5b1aff664079"
SCOPE = "https://outlook.office365.com/.default"
REFUSED = {"error": "invalid_grant", "error_description": "AADSTS65001: No consent.", "error_codes": [65001]}


class Reply:
    def __init__(self, status: int, body: object, **headers: str) -> None:
        self.status_code = status
        self.text = body if isinstance(body, str) else json.dumps(body)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise RuntimeError(f"HTTP {self.status_code}")


class Login:
    """What msal calls an `http_client`; token requests are answered by `replies`, by the last one again and again."""

    def __init__(self, *replies: Reply, discovery: Reply | None = None) -> None:
        self.replies = list(replies)
        self.posts: list[dict[str, Any]] = []
        self._discovery = discovery or Reply(
            200,
            {
                "issuer": f"{AUTHORITY}/v2.0",
                "token_endpoint": f"{AUTHORITY}/oauth2/v2.0/token",
                "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
            },
        )

    def get(self, url: str, **_: Any) -> Reply:
        return self._discovery

    def post(self, url: str, **kwargs: Any) -> Reply:
        self.posts.append(kwargs["data"])
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def close(self) -> None:
        """Nothing is open."""


def application(login: Login, **more: Any) -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        "00000000-1111-4222-8333-444444444444",
        client_credential="secret",
        authority=AUTHORITY,
        instance_discovery=False,
        http_client=login,
        **more,
    )


def token(**more: object) -> dict[str, object]:
    return {"access_token": "a", "expires_in": 3600, "token_type": "Bearer", **more}


def signed_in(login: Login) -> tuple[msal.ConfidentialClientApplication, dict[str, Any]]:
    """An application whose cache holds the refresh token of one account."""
    app = application(login)
    claims = "eyJvaWQiOiAibyIsICJ0aWQiOiAidCIsICJzdWIiOiAicyIsICJwcmVmZXJyZWRfdXNlcm5hbWUiOiAidSJ9"
    login.replies.insert(
        0,
        Reply(
            200,
            token(refresh_token="r", id_token=f"e30.{claims}.e30", client_info="eyJ1aWQiOiAidSIsICJ1dGlkIjogInQifQ"),
        ),
    )
    app.acquire_token_by_refresh_token("first", ["https://graph.microsoft.com/.default"])
    [account] = app.get_accounts()
    return app, account


def test_the_version_that_these_tests_were_written_for() -> None:
    pinned = Path(__file__).parents[3].joinpath("requirements.txt").read_text()

    assert version("msal") == "1.39.0"
    assert "\nmsal==1.39.0" in pinned


class TestRefusalsAreReplayed:
    def test_by_the_same_application_object(self) -> None:
        login = Login(Reply(400, REFUSED), Reply(200, token()))
        app = application(login)

        answers = [app.acquire_token_for_client([SCOPE])["error_codes"] for _ in range(2)]

        assert answers == [[65001], [65001]]
        assert len(login.posts) == 1

    def test_for_sixty_seconds(self) -> None:
        cache: dict[str, Any] = {}
        application(Login(Reply(400, REFUSED)), http_cache=cache).acquire_token_for_client([SCOPE])

        _, times = cache["_index_"]
        [(expires_at, created_at)] = [each for key, each in times.items() if key.startswith("POST")]
        assert expires_at - created_at == 60

    def test_not_by_a_fresh_application_object(self) -> None:
        login = Login(Reply(400, REFUSED), Reply(200, token()))

        application(login).acquire_token_for_client([SCOPE])

        assert application(login).acquire_token_for_client([SCOPE])["access_token"] == "a"

    def test_for_as_long_as_retry_after_says(self) -> None:
        login = Login(Reply(429, {"error": "throttled"}, Retry_After="7"), Reply(200, token()))
        app = application(login)

        assert [app.acquire_token_for_client([SCOPE]).get("error") for _ in range(2)] == ["throttled"] * 2
        assert len(login.posts) == 1


class TestExceptionsInsteadOfAnswers:
    def test_a_tenant_that_does_not_exist_is_a_value_error_of_the_constructor(self) -> None:
        missing = Reply(400, {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found."})

        with pytest.raises(ValueError, match="Unable to get authority configuration"):
            application(Login(discovery=missing))

    def test_a_server_error_is_an_exception(self) -> None:
        with pytest.raises(MsalServiceError, match="500"):
            application(Login(Reply(500, {"error": "server_error"}))).acquire_token_for_client([SCOPE])

    @pytest.mark.parametrize("status", [200, 400, 429])
    def test_a_page_instead_of_json_is_a_value_error(self, status: int) -> None:
        with pytest.raises(ValueError, match="Expecting value"):
            application(Login(Reply(status, "<html>"))).acquire_token_for_client([SCOPE])


class TestSilence:
    def test_the_reason_of_a_refusal_is_swallowed(self) -> None:
        app, account = signed_in(Login(Reply(400, REFUSED)))

        assert app.acquire_token_silent([SCOPE], account=account) is None

    def test_unless_it_is_asked_for(self) -> None:
        app, account = signed_in(Login(Reply(400, REFUSED)))

        assert app.acquire_token_silent_with_error([SCOPE], account=account)["error_codes"] == [65001]


@pytest.mark.parametrize("scope", ["openid", "profile", "offline_access"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda app, scopes: app.initiate_auth_code_flow(scopes),
        lambda app, scopes: app.acquire_token_silent_with_error(scopes, account={"home_account_id": "u.t"}),
        lambda app, scopes: app.acquire_token_by_refresh_token("r", scopes),
    ],
    ids=["authorization code", "silent", "refresh token"],
)
def test_reserved_scopes_are_refused(scope: str, ask: Callable[[Any, list[str]], object]) -> None:
    with pytest.raises(ValueError, match="reserved"):
        ask(application(Login(Reply(200, token()))), [SCOPE, scope])


def test_a_managed_identity_needs_an_http_client() -> None:
    with pytest.raises(TypeError, match="http_client"):
        msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity())


class TestTheCacheOfAccessTokens:
    @pytest.mark.parametrize(
        ("echoed", "requests"),
        [(f"https://outlook.office365.com/Exchange.Manage {SCOPE}", 1), ("Exchange.Manage", 2)],
        ids=["what was asked for is echoed", "only the granted scope is echoed"],
    )
    def test_finds_only_what_the_answer_calls_by_the_asked_scope(self, echoed: str, requests: int) -> None:
        answer = Reply(200, token(scope=echoed, refresh_token="r", client_info="eyJ1aWQiOiAidSIsICJ1dGlkIjogInQifQ"))
        login = Login(answer)
        app, account = signed_in(login)
        login.posts.clear()

        for _ in range(2):
            app.acquire_token_silent_with_error([SCOPE], account=account)

        assert len(login.posts) == requests

    def test_answers_client_credentials_without_asking_again(self) -> None:
        login = Login(Reply(200, token()))
        app = application(login)

        for _ in range(2):
            app.acquire_token_for_client([SCOPE])
        assert len(login.posts) == 1

        app.remove_tokens_for_client()
        app.acquire_token_for_client([SCOPE])
        assert len(login.posts) == 2
