"""National clouds: who knows which tenant, whose tokens open what, and where Security & Compliance lives."""

from typing import Any

import httpx
import pytest

from tests.portal.sandbox.conftest import COMPLIANCE_SCOPE, EXCHANGE_SCOPE, Sandbox

CONFIGURATION = "v2.0/.well-known/openid-configuration"
SCOPES = {
    "O365Default": EXCHANGE_SCOPE,
    "O365USGovGCCHigh": "https://outlook.office365.us/.default",
    "O365USGovDoD": "https://outlook-dod.office365.us/.default",
    "O365China": "https://partner.outlook.cn/.default",
}
NATIONAL = ("O365USGovGCCHigh", "O365USGovDoD", "O365China")


def living_in(sandbox: Sandbox, cloud: str) -> dict[str, Any]:
    return next(o for o in sandbox.organizations() if o["cloud"] == cloud and o["trouble"] is None)


def partner_of(sandbox: Sandbox, cloud: str) -> dict[str, Any]:
    return next(p for p in sandbox.state["partners"] if p["environment"] == cloud)


def ask_token(sandbox: Sandbox, cloud: str, tenant: str, *, partner: str = "", scope: str = "") -> httpx.Response:
    """Ask `cloud`'s login host as the application of `partner`'s cloud."""
    client = partner_of(sandbox, partner or cloud)
    form = {
        "client_id": client["application_id"],
        "client_secret": client["client_secret"],
        "grant_type": "client_credentials",
        "scope": scope or SCOPES[cloud],
    }
    return sandbox.http.post(f"{sandbox.clouds[cloud]['login_url']}/{tenant}/oauth2/v2.0/token", data=form)


def violations(sandbox: Sandbox) -> dict[str, int]:
    counted: dict[str, int] = sandbox.control("GET", "state").json()["violations"]
    return counted


def test_every_open_cloud_has_organizations_and_a_partner_of_its_own(sandbox: Sandbox) -> None:
    assert {o["cloud"] for o in sandbox.organizations()} == set(SCOPES)
    assert [p["environment"] for p in sandbox.state["partners"]] == list(SCOPES)
    assert len({p["application_id"] for p in sandbox.state["partners"]}) == len(SCOPES)
    assert all(o["relationship"] == "none" for o in sandbox.organizations() if o["cloud"] in NATIONAL)


def test_the_issuer_is_the_tenants_own_login_host_whoever_answers(sandbox: Sandbox) -> None:
    for cloud, scopes in {"O365USGovGCCHigh": ("USGov", "DODCON"), "O365USGovDoD": ("USGov", "DOD")}.items():
        tenant = living_in(sandbox, cloud)["tenant_id"]
        for host in (sandbox.url, sandbox.clouds[cloud]["login_url"]):
            document = sandbox.http.get(f"{host}/{tenant}/{CONFIGURATION}").json()
            assert document["issuer"] == f"{sandbox.clouds[cloud]['login_url']}/{tenant}/v2.0"
            assert document["token_endpoint"].startswith(host)
            assert (document["tenant_region_scope"], document["tenant_region_sub_scope"]) == scopes


@pytest.mark.parametrize(
    ("asked", "home", "code"),
    [("O365Default", "O365China", 90002), ("O365China", "O365Default", 90002), ("O365USGovDoD", "O365Default", 90038)],
)
def test_a_login_host_describes_no_tenant_of_a_foreign_directory(
    sandbox: Sandbox, asked: str, home: str, code: int
) -> None:
    tenant = living_in(sandbox, home)["tenant_id"]
    answer = sandbox.http.get(f"{sandbox.clouds[asked]['login_url']}/{tenant}/{CONFIGURATION}")
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [code])


@pytest.mark.parametrize(
    ("asked", "home", "code"),
    [
        ("O365Default", "O365USGovGCCHigh", 900384),
        ("O365Default", "O365China", 90002),
        ("O365USGovGCCHigh", "O365Default", 90038),
        ("O365China", "O365USGovDoD", 90002),
    ],
)
def test_the_wrong_authority_issues_no_token(sandbox: Sandbox, asked: str, home: str, code: int) -> None:
    answer = ask_token(sandbox, asked, living_in(sandbox, home)["tenant_id"])
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [code])


def test_a_public_client_is_told_that_it_crosses_clouds(sandbox: Sandbox) -> None:
    tenant = living_in(sandbox, "O365USGovDoD")["tenant_id"]
    form = {"client_id": "fb78d390-0c51-40cd-8e17-fdbfab77341b", "grant_type": "refresh_token", "scope": "x"}
    answer = sandbox.http.post(f"{sandbox.url}/{tenant}/oauth2/v2.0/token", data=form)
    assert answer.json()["error_codes"] == [900382]


def test_the_worldwide_application_is_unknown_in_other_clouds(sandbox: Sandbox) -> None:
    tenant = living_in(sandbox, "O365USGovGCCHigh")["tenant_id"]
    answer = ask_token(sandbox, "O365USGovGCCHigh", tenant, partner="O365Default")
    assert answer.json()["error_codes"] == [700016]


@pytest.mark.parametrize("cloud", NATIONAL)
def test_a_token_opens_the_exchange_of_its_own_cloud_only(sandbox: Sandbox, cloud: str) -> None:
    organization = living_in(sandbox, cloud)
    token = ask_token(sandbox, cloud, organization["tenant_id"]).json()["access_token"]
    path = f"/adminapi/beta/{organization['tenant_id']}/InvokeCommand"

    here = sandbox.clouds[cloud]["exchange_url"]
    assert sandbox.invoke(organization, token, "Get-AcceptedDomain", url=here + path).status_code in (200, 302)
    assert violations(sandbox) == {}
    for other in set(SCOPES) - {cloud}:
        there = sandbox.clouds[other]["exchange_url"]
        assert sandbox.invoke(organization, token, "Get-AcceptedDomain", url=there + path).status_code == 401
    assert violations(sandbox) == {"token_of_another_cloud": 3}


def test_an_audience_of_another_cloud_is_no_resource_here(sandbox: Sandbox) -> None:
    tenant = living_in(sandbox, "O365USGovDoD")["tenant_id"]
    answer = ask_token(sandbox, "O365USGovDoD", tenant, scope=SCOPES["O365USGovGCCHigh"])
    assert answer.json()["error_codes"] == [500011]


def test_a_bearer_at_a_host_without_the_service_is_recorded(sandbox: Sandbox, token: str) -> None:
    url = f"{sandbox.clouds['O365USGovDoD']['login_url']}/adminapi/beta/x/InvokeCommand"
    answer = sandbox.invoke(sandbox.healthy(), token, "Get-AcceptedDomain", url=url)
    assert answer.status_code == 404
    assert violations(sandbox) == {"bearer_at_a_host_without_the_service": 1}


class TestCompliance:
    def banner(self, sandbox: Sandbox, organization: dict[str, Any], anchor: str, host: str = "") -> httpx.Response:
        token = sandbox.token(organization, COMPLIANCE_SCOPE)
        path = f"/adminapi/beta/{organization['tenant_id']}/EXOBanner('AutogenSession')"
        headers = {"Authorization": f"Bearer {token}", "X-AnchorMailbox": anchor}
        return sandbox.http.get(f"{host or sandbox.url}{path}", headers=headers)

    def test_organizations_live_in_several_regions(self, sandbox: Sandbox) -> None:
        hosts = set()
        for region in ("EUR", "GBR", "NAM"):
            organization = sandbox.healthy(compliance_region=region)
            answer = self.banner(sandbox, organization, f"UPN:OAuthUser@{organization['initial_domain']}")
            assert answer.status_code == 302
            hosts.add(answer.headers["location"].split("/")[2])
        assert len(hosts) == 3
        assert hosts < set(sandbox.clouds["O365Default"]["redirect_hosts"])
        assert sorted(sandbox.control("GET", "discoveries").json().values()) == [1, 1, 1]

    @pytest.mark.parametrize("anchor", ["TID:{tenant}", "APP:SystemMailbox{{bb}}@{tenant}", "UPN:OAuthUser@x", ""])
    def test_an_anchor_without_a_user_of_the_organization_leads_nowhere(self, sandbox: Sandbox, anchor: str) -> None:
        organization = sandbox.healthy()
        assert self.banner(sandbox, organization, anchor.format(tenant=organization["tenant_id"])).status_code == 404
        assert sandbox.control("GET", "discoveries").json() == {}

    def test_a_region_knows_only_its_own_organizations(self, sandbox: Sandbox) -> None:
        organization = sandbox.healthy(compliance_region="EUR")
        anchor = f"UPN:OAuthUser@{organization['initial_domain']}"
        home = self.banner(sandbox, organization, anchor).headers["location"].split("/adminapi")[0]
        assert self.banner(sandbox, organization, anchor, home).status_code == 200
        moved = sandbox.control("POST", f"organizations/{organization['tenant_id']}/region", json={"region": "NAM"})
        assert moved.json()["compliance_region"] == "NAM"
        assert self.banner(sandbox, organization, anchor, home).status_code == 404
