"""Who may call the Exchange admin API, and how it says no."""

import time
from typing import Any

import pytest

from tests.portal.sandbox.clicking import Clicker, people, technician
from tests.portal.sandbox.conftest import COMPLIANCE_SCOPE, EXCHANGE_SCOPE, Sandbox


class TestAccess:
    @pytest.mark.parametrize(
        ("trouble", "status", "content", "diagnostics"),
        [
            ("role_missing", 403, b"\0" * 4096, False),
            ("role_unsupported", 403, b"The role assigned to application", False),
            ("cmdlet_trimmed", 403, b"", True),
            ("exchange_role_revoked", 401, b"", False),
        ],
    )
    def test_trouble_makes_exchange_say_no(
        self,
        sandbox: Sandbox,
        organization: dict[str, Any],
        token: str,
        trouble: str,
        status: int,
        content: bytes,
        diagnostics: bool,
    ) -> None:
        sandbox.trouble(organization, trouble)
        answer = sandbox.invoke(organization, token, "Get-AcceptedDomain")
        assert answer.status_code == status
        assert answer.content.startswith(content)
        assert ("x-ms-diagnostics" in answer.headers) is diagnostics
        assert sandbox.ledger()[-1]["executed"] is False
        sandbox.trouble(organization, None)
        assert sandbox.invoke(organization, token, "Get-AcceptedDomain").status_code == 200

    def test_throttled_organization_answers_after_two_refusals(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str
    ) -> None:
        sandbox.trouble(organization, "throttled")
        answers = [sandbox.invoke(organization, token, "Get-AcceptedDomain") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [429, 429, 200]
        assert answers[0].headers["retry-after"] == "1"

    def test_slow_organization_takes_two_seconds(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str
    ) -> None:
        sandbox.trouble(organization, "slow")
        before = time.monotonic()
        assert sandbox.invoke(organization, token, "Get-AcceptedDomain").status_code == 200
        assert time.monotonic() - before >= 2

    def test_latency_delays_every_service(self, sandbox: Sandbox, organization: dict[str, Any]) -> None:
        sandbox.control("POST", "latency", json={"ms": 150})
        before = time.monotonic()
        assert sandbox.invoke(organization, sandbox.token(organization), "Get-AcceptedDomain").status_code == 200
        assert time.monotonic() - before >= 0.3

    def test_token_bucket_is_configurable(self, sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
        sandbox.control("POST", "throttle", json={"rate": 0.1, "burst": 2})
        answers = [sandbox.invoke(organization, token, "Get-AcceptedDomain") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert 5 <= int(answers[2].headers["retry-after"]) <= 10
        assert answers[0].headers["rate-limit-limit"] == "2"

    def test_token_of_another_tenant_is_401_and_a_violation(
        self, sandbox: Sandbox, organization: dict[str, Any]
    ) -> None:
        other = next(o for o in sandbox.organizations() if not o["trouble"] and o["index"] != organization["index"])
        answer = sandbox.invoke(organization, sandbox.token(other), "Get-AcceptedDomain")
        assert answer.status_code == 401
        violations = sandbox.control("GET", "state").json()["violations"]
        assert violations == {"token_of_another_tenant": 1}

    def test_wrong_audience_and_no_token_are_401(self, sandbox: Sandbox, organization: dict[str, Any]) -> None:
        graph = sandbox.token(organization, "https://graph.microsoft.com/.default")
        assert sandbox.invoke(organization, graph, "Get-AcceptedDomain").status_code == 401
        assert sandbox.invoke(organization, "none", "Get-AcceptedDomain").status_code == 401

    def test_audience_decides_the_service(self, sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
        compliance = sandbox.token(organization, COMPLIANCE_SCOPE)
        statuses = [
            invoke(organization, held, cmdlet).status_code
            for invoke, held in ((sandbox.invoke, token), (sandbox.invoke_compliance, compliance))
            for cmdlet in ("Get-MailboxPlan", "Get-ComplianceCase")
        ]
        assert statuses == [200, 403, 403, 200]

    def test_module_file_follows_roles_and_the_command_name_header(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str
    ) -> None:
        url = f"{sandbox.url}/AdminApi/v1.0/{organization['tenant_id']}/EXOModuleFile?Version=3.9.2"
        headers = {"Authorization": f"Bearer {token}", "CommandName": "Get-Mailbox,Get-ComplianceCase"}
        exported = sandbox.http.get(url, headers=headers).json()["value"][0]["exportedCmdlets"]
        assert exported == "Get-Mailbox"
        headers["CommandName"] = "*"
        everything = sandbox.http.get(url, headers=headers).json()["value"][0]
        assert len(everything["exportedCmdlets"].split(",")) > 600
        assert "<RSAKeyValue>" in everything["fileContent"]
        sandbox.trouble(organization, "cmdlet_trimmed")
        trimmed = sandbox.http.get(url, headers=headers).json()["value"][0]["exportedCmdlets"].split(",")
        assert "Get-OrganizationConfig" in trimmed
        assert "Get-AcceptedDomain" not in trimmed

    def test_delegated_reader_may_not_change(self, sandbox: Sandbox) -> None:
        reader = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
        organization = next(o for o in sandbox.organizations() if reader in o["roles"] and o["trouble"] is None)
        token = sandbox.delegated(organization["tenant_id"], EXCHANGE_SCOPE).json()["access_token"]
        sandbox.invoke(organization, token, "Get-MailboxPlan")
        assert sandbox.invoke(organization, token, "Get-MailboxPlan").status_code == 200
        refused = sandbox.invoke(organization, token, "Set-OrganizationConfig", {"AuditDisabled": True})
        assert "Set-OrganizationConfig" in refused.headers["x-ms-diagnostics"]


@pytest.mark.parametrize(
    ("local", "read", "write"),
    [("gwen", True, True), ("gwen", False, False), ("exchange", True, True), ("user", False, False)],
    ids=["guest with a role", "guest without a role", "own administrator", "own user"],
)
def test_person_may_what_his_own_roles_allow(sandbox: Sandbox, local: str, read: bool, write: bool) -> None:
    everybody = people(sandbox)
    gwen = technician(sandbox, "gwen")
    guest_in = everybody[gwen]["guest_in"]
    wanted = {tenant for tenant, roles in guest_in.items() if bool(roles) == read}
    fitting = [o for o in sandbox.organizations() if not o["trouble"] and not o["redirects"]]
    organization = next(o for o in fitting if local != "gwen" or o["tenant_id"] in wanted)
    name = gwen if local == "gwen" else f"{local}@{organization['initial_domain']}"
    with Clicker(sandbox) as clicker:
        token = clicker.token(organization["tenant_id"], name)
    asked: list[tuple[str, dict[str, Any]]] = [
        ("Get-AcceptedDomain", {}),
        ("Set-Mailbox", {"Identity": "nobody", "Confirm": False}),
    ]
    codes = [sandbox.invoke(organization, token, cmdlet, parameters).status_code for cmdlet, parameters in asked]
    assert codes == [200 if read else 403, 404 if write else 403]
