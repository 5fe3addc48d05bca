"""InvokeCommand: paging, redirects, error shapes, and state that really changes."""

from typing import Any

import httpx
import orjson
import pytest

from tests.portal.sandbox.conftest import Sandbox


def exception_of(answer: httpx.Response) -> tuple[str, str]:
    """Exception type and text in whichever of the encodings."""
    error = answer.json()["error"]
    internal = error.get("innererror", {}).get("internalexception")
    if internal:
        return internal["type"].rpartition(".")[2], internal["message"]
    message = error["details"][0]["message"]
    if message.startswith("{"):
        parsed = orjson.loads(message)
        return parsed["TypeName"].rpartition(".")[2], parsed["Message"]
    _, kind, text = message.split("|", 2)
    return kind.rpartition(".")[2], text


class TestRouting:
    def test_first_call_is_redirected_to_the_regional_host(self, sandbox: Sandbox) -> None:
        organization = sandbox.healthy(redirects=True)
        token = sandbox.token(organization)
        first = sandbox.invoke(organization, token, "Get-AcceptedDomain")
        assert (first.status_code, first.content) == (302, b"")
        assert first.headers["location"].startswith(sandbox.regional_url)
        followed = sandbox.invoke(organization, token, "Get-AcceptedDomain", url=first.headers["location"])
        assert followed.status_code == 200
        assert [entry["executed"] for entry in sandbox.ledger()] == [False, True]

    def test_cookie_belongs_to_one_tenant(self, sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
        answer = sandbox.invoke(organization, token, "Get-AcceptedDomain")
        assert organization["tenant_id"] in answer.headers["set-cookie"]
        other = next(o for o in sandbox.organizations() if o["index"] > organization["index"] and not o["trouble"])
        sandbox.invoke(other, sandbox.token(other), "Get-AcceptedDomain")
        assert sandbox.control("GET", "state").json()["violations"] == {"cookie_of_another_tenant": 1}


class TestPaging:
    @pytest.fixture
    def large(self, sandbox: Sandbox) -> dict[str, Any]:
        return next(o for o in sandbox.organizations() if o["mailboxes"] > 1000 and o["trouble"] is None)

    def pages(self, sandbox: Sandbox, large: dict[str, Any], size: int) -> list[list[dict[str, Any]]]:
        token, url, found = sandbox.token(large), "", []
        while True:
            answer = sandbox.invoke(
                large,
                token,
                "Get-Mailbox",
                {"ResultSize": "Unlimited"},
                url=url,
                headers={"Prefer": f"odata.maxpagesize={size}"},
            ).json()
            found.append(answer["value"])
            url = answer.get("@odata.nextLink", "")
            if not url:
                return found

    def test_every_mailbox_comes_once(self, sandbox: Sandbox, large: dict[str, Any]) -> None:
        pages = self.pages(sandbox, large, 500)
        assert [len(page) for page in pages[:-1]] == [500] * (len(pages) - 1)
        guids = [row["Guid"] for page in pages for row in page]
        assert len(guids) == len(set(guids)) == large["mailboxes"]

    def test_default_result_size_truncates_with_a_warning(self, sandbox: Sandbox, large: dict[str, Any]) -> None:
        answer = sandbox.invoke(large, sandbox.token(large), "Get-Mailbox").json()
        assert len(answer["value"]) == 1000
        assert answer["@adminapi.warnings"][0].startswith("There are more results available")
        assert "@odata.nextLink" not in answer

    @pytest.mark.parametrize(
        "second",
        [
            {"X-AnchorMailbox": "UPN:someone@else.example"},
            {"X-AnchorMailbox": ""},
        ],
    )
    def test_changed_anchor_loses_the_page(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str, second: dict[str, str]
    ) -> None:
        page = {"Prefer": "odata.maxpagesize=2"}
        link = sandbox.invoke(organization, token, "Get-RoleGroup", headers=page).json()["@odata.nextLink"]
        lost = sandbox.invoke(organization, token, "Get-RoleGroup", url=link, headers={**page, **second})
        assert exception_of(lost)[1].startswith("Expired or Invalid pagination request")

    def test_without_anchor_only_the_cookie_keeps_the_page(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str
    ) -> None:
        page = {"Prefer": "odata.maxpagesize=2", "X-AnchorMailbox": ""}
        link = sandbox.invoke(organization, token, "Get-RoleGroup", headers=page).json()["@odata.nextLink"]
        assert sandbox.invoke(organization, token, "Get-RoleGroup", url=link, headers=page).status_code == 200
        sandbox.http.cookies.clear()
        assert sandbox.invoke(organization, token, "Get-RoleGroup", url=link, headers=page).status_code == 400

    def test_link_is_not_followed_with_get_or_another_body(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str
    ) -> None:
        page = {"Prefer": "odata.maxpagesize=2"}
        link = sandbox.invoke(organization, token, "Get-RoleGroup", headers=page).json()["@odata.nextLink"]
        assert sandbox.http.get(link, headers={"Authorization": f"Bearer {token}"}).status_code == 405
        changed = sandbox.invoke(organization, token, "Get-RoleGroup", {"ResultSize": 9}, url=link, headers=page)
        assert changed.status_code == 400


class TestRefusals:
    def test_unknown_parameter_is_f36(self, sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
        answer = sandbox.invoke(organization, token, "Get-Mailbox", {"BogusParameter": 1})
        assert exception_of(answer) == (
            "AmbiguousParameterSetException",
            "Parameter set cannot be resolved using the specified named parameters. "
            "Invalid cmdlet parameters specified. BogusParameter",
        )
        assert answer.json()["error"]["details"][0]["message"].startswith("|Microsoft.Exchange.AdminApi.")

    def test_missing_and_conflicting_parameters(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str
    ) -> None:
        missing = sandbox.invoke(organization, token, "Set-Mailbox", {"DisplayName": "x"})
        assert exception_of(missing)[1].endswith("Missing mandatory parameters: Identity.")
        conflicting = sandbox.invoke(organization, token, "Get-Mailbox", {"Anr": "x", "Identity": "y"})
        assert exception_of(conflicting)[0] == "AmbiguousParameterSetException"

    def test_enumerations_match_by_unique_prefix(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str
    ) -> None:
        created = sandbox.invoke(organization, token, "New-DistributionGroup", {"Name": "Crew", "Type": "Sec"})
        assert created.json()["value"][0]["Type"] == "Security"
        wrong = sandbox.invoke(organization, token, "New-DistributionGroup", {"Name": "Crew 2", "Type": "Nonsense"})
        kind, text = exception_of(wrong)
        assert kind == "ParameterTransformationException"
        assert "Nonsense to a valid enumerator name" in text
        assert "Distribution, Security" in text
        assert "details" not in wrong.json()["error"]

    def test_untagged_hashtable_is_f38(self, sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
        mailbox = sandbox.invoke(organization, token, "Get-Mailbox").json()["value"][0]["Identity"]
        change = {"Add": ["smtp:extra@contoso.example"]}
        parameters = {"Identity": mailbox, "EmailAddresses": change}
        assert "JObject" in exception_of(sandbox.invoke(organization, token, "Set-Mailbox", parameters))[1]
        parameters["EmailAddresses"] = {"@odata.type": "#Exchange.GenericHashTable", **change}
        assert sandbox.invoke(organization, token, "Set-Mailbox", parameters).json()["value"] == []
        row = sandbox.invoke(organization, token, "Get-Mailbox", {"Identity": mailbox}).json()["value"][0]
        assert "smtp:extra@contoso.example" in row["EmailAddresses"]
        assert len(row["EmailAddresses"]) > 1

    def test_refusals_rotate_through_three_encodings(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str
    ) -> None:
        answers = [sandbox.invoke(organization, token, "Get-Mailbox", {"Identity": "nobody"}) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {404}
        assert {exception_of(answer)[0] for answer in answers} == {"ManagementObjectNotFoundException"}
        starts = {answer.json()["error"]["details"][0]["message"][:2] for answer in answers}
        assert starts == {"|M", "Ex", '{"'}

    def test_confirm_answers_without_executing(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str
    ) -> None:
        parameters = {"Name": "Asked", "ExternalEmailAddress": "asked@elsewhere.example", "Confirm": True}
        answer = sandbox.invoke(organization, token, "New-MailContact", parameters).json()
        assert "New-MailContact" in answer["@adminapi.confirmationmessage"]
        assert sandbox.ledger()[-1]["executed"] is False
        assert sandbox.invoke(organization, token, "Get-MailContact", {"Identity": "Asked"}).status_code == 404

    def test_dehydrated_organization_must_be_customized_first(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str
    ) -> None:
        sandbox.trouble(organization, "dehydrated")
        policy = {"Name": "Strict"}
        assert (
            "Enable-OrganizationCustomization"
            in exception_of(
                sandbox.invoke(
                    organization,
                    token,
                    "New-SharingPolicy",
                    {**policy, "Domains": ["*: CalendarSharingFreeBusySimple"]},
                )
            )[1]
        )
        assert sandbox.invoke(organization, token, "Enable-OrganizationCustomization").status_code == 200
        config = sandbox.invoke(organization, token, "Get-OrganizationConfig").json()["value"][0]
        assert config["IsDehydrated"] is False


class TestState:
    def test_objects_live_from_new_to_remove(self, sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
        def run(cmdlet: str, **parameters: Any) -> httpx.Response:
            return sandbox.invoke(organization, token, cmdlet, parameters)

        assert run("New-TransportRule", Name="Stamp", Priority=0).json()["value"][0]["Name"] == "Stamp"
        assert exception_of(run("New-TransportRule", Name="Stamp"))[0] == "ADObjectAlreadyExistsException"
        assert run("Disable-TransportRule", Identity="stamp").json()["value"] == []
        assert run("Get-TransportRule", Identity="Stamp").json()["value"][0]["State"] == "Disabled"
        assert run("Set-TransportRule", Identity="Stamp", Name="Seal").status_code == 200
        assert run("Get-TransportRule", Identity="Stamp").status_code == 404
        assert run("Remove-TransportRule", Identity="Seal", Confirm=False).json()["value"] == []
        assert run("Remove-TransportRule", Identity="Seal", Confirm=False).status_code == 404

    def test_nouns_that_share_a_reader_see_one_mailbox(
        self, sandbox: Sandbox, organization: dict[str, Any], token: str
    ) -> None:
        first = sandbox.invoke(organization, token, "Get-EXOMailbox").json()["value"][0]
        identity = {"Identity": first["PrimarySmtpAddress"].upper()}
        sandbox.invoke(organization, token, "Set-CASMailbox", {**identity, "PopEnabled": False})
        sandbox.invoke(organization, token, "Set-User", {**identity, "DisplayName": "Renamed"})
        cas = sandbox.invoke(organization, token, "Get-CASMailbox", identity).json()["value"][0]
        mailbox = sandbox.invoke(organization, token, "Get-Mailbox", identity).json()["value"][0]
        statistics = sandbox.invoke(organization, token, "Get-MailboxStatistics", identity).json()["value"][0]
        assert (cas["PopEnabled"], cas["DisplayName"], mailbox["DisplayName"]) == (False, "Renamed", "Renamed")
        assert "bytes)" in statistics["TotalItemSize"]
        again = sandbox.invoke(organization, token, "Set-CASMailbox", {**identity, "PopEnabled": False}).json()
        assert "no settings" in again["@adminapi.warnings"][0]

    def test_membership(self, sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
        def run(cmdlet: str, **parameters: Any) -> httpx.Response:
            return sandbox.invoke(organization, token, cmdlet, parameters)

        run("New-DistributionGroup", Name="Choir")
        member = run("Get-Mailbox").json()["value"][0]["PrimarySmtpAddress"]
        before = len(run("Get-DistributionGroupMember", Identity="Choir").json()["value"])
        members = {
            row["PrimarySmtpAddress"] for row in run("Get-DistributionGroupMember", Identity="Choir").json()["value"]
        }
        if member in members:
            run("Remove-DistributionGroupMember", Identity="Choir", Member=member)
            before -= 1
        assert run("Add-DistributionGroupMember", Identity="Choir", Member=member).json()["value"] == []
        twice = run("Add-DistributionGroupMember", Identity="Choir", Member=member)
        assert exception_of(twice)[0] == "MemberAlreadyExistsException"
        assert len(run("Get-DistributionGroupMember", Identity="Choir").json()["value"]) == before + 1
        assert run("Remove-DistributionGroupMember", Identity="Choir", Member=member).status_code == 200
        gone = run("Remove-DistributionGroupMember", Identity="Choir", Member=member)
        assert "isn't a member of the group" in exception_of(gone)[1]

    def test_mailbox_permission(self, sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
        def run(cmdlet: str, **parameters: Any) -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = sandbox.invoke(organization, token, cmdlet, parameters).json()["value"]
            return rows

        owner, delegate = (row["PrimarySmtpAddress"] for row in run("Get-Mailbox", ResultSize=2))
        run("Add-MailboxPermission", Identity=owner, User=delegate, AccessRights=["FullAccess"])
        assert [row["AccessRights"] for row in run("Get-MailboxPermission", Identity=owner, User=delegate)] == [
            ["FullAccess"]
        ]
        run("Remove-MailboxPermission", Identity=owner, User=delegate, AccessRights=["FullAccess"], Confirm=False)
        assert run("Get-MailboxPermission", Identity=owner, User=delegate) == []

    @pytest.mark.parametrize(
        ("text", "kinds"),
        [
            ("RecipientTypeDetails -eq 'SharedMailbox'", {"SharedMailbox"}),
            (
                "RecipientTypeDetails -ne 'UserMailbox' -and -not (RecipientTypeDetails -like 'Room*')",
                {"SharedMailbox"},
            ),
            ("(IsShared -eq $true) -or (IsResource -eq 'True')", {"SharedMailbox", "RoomMailbox"}),
        ],
    )
    def test_filters(self, sandbox: Sandbox, text: str, kinds: set[str]) -> None:
        organization = next(o for o in sandbox.organizations() if 40 < o["mailboxes"] < 900 and o["trouble"] is None)
        token = sandbox.token(organization)
        parameters = {"Filter": text, "ResultSize": "Unlimited"}
        sandbox.invoke(organization, token, "Get-MailboxPlan")
        url = f"{sandbox.url}/adminapi/v1.0/{organization['tenant_id']}/InvokeCommand?$select=Name,RecipientTypeDetails"
        rows = sandbox.invoke(organization, token, "Get-Mailbox", parameters, url=url).json()["value"]
        assert {row["RecipientTypeDetails"] for row in rows} == kinds
        assert set(rows[0]) == {"Name", "RecipientTypeDetails"}
        malformed = sandbox.invoke(organization, token, "Get-Mailbox", {"Filter": "Name -eq"})
        assert malformed.status_code == 400

    def test_reset_returns_to_the_first_state(self, sandbox: Sandbox, organization: dict[str, Any], token: str) -> None:
        before = sandbox.invoke(organization, token, "Get-Mailbox").json()["value"]
        sandbox.invoke(organization, token, "Remove-Mailbox", {"Identity": before[0]["Guid"], "Confirm": False})
        assert len(sandbox.invoke(organization, token, "Get-Mailbox").json()["value"]) == len(before) - 1
        sandbox.control("POST", "reset")
        assert sandbox.invoke(organization, token, "Get-Mailbox").json()["value"] == before
