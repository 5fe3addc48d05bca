from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.catalogue.cmdlets import all_cmdlets, find
from jobs.catalogue.effects import Effect
from jobs.catalogue.encoding import encode
from jobs.catalogue.problems import InvalidCall, Problem
from jobs.catalogue.validation import validate, validate_names
from tests.jobs.catalogue.samples import minimal_call


def problems(name: object, parameters: Any, **options: Any) -> list[Problem]:
    with pytest.raises(InvalidCall) as caught:
        validate(name, parameters, **options)
    return caught.value.problems


def nested(depth: int) -> object:
    return {"a": nested(depth - 1)} if depth else "a"


def test_every_cmdlet_resolves_or_says_why_not() -> None:
    reasons: Counter[str] = Counter()
    for cmdlet in all_cmdlets():
        try:
            minimal_call(cmdlet)
            reasons["resolves"] += 1
        except InvalidCall as invalid:
            text = invalid.problems[0].problem
            known = (
                "opens or closes a session",
                "only inside the PowerShell module",
                "is retired",
                "internal",
                "credential",
            )
            reasons[next(reason for reason in known if reason in text)] += 1
    print(dict(reasons))
    assert reasons == {
        "resolves": 899,
        "only inside the PowerShell module": 23,
        "is retired": 14,
        "opens or closes a session": 3,
        "internal": 1,
        "credential": 1,
    }


def test_reports_everything_at_once() -> None:
    found = problems("Get-Mailbox", {"Identiy": "x", "Database": "y", "ResultSize": "ten", "SortBy": ["a"]})
    assert {p.parameter for p in found} == {"Identiy", "Database", "ResultSize", "SortBy"}
    assert next(p for p in found if p.parameter == "Identiy").suggestion == "Did you mean Identity?"


def test_unknown_cmdlet_has_a_suggestion() -> None:
    assert "Get-Mailbox" in (problems("Get-Malbox", {})[0].suggestion or "")


@pytest.mark.parametrize(
    ("name", "options", "part"),
    [
        ("Connect-ExchangeOnline", {}, "opens or closes a session"),
        ("Disconnect-ExchangeOnline", {}, "opens or closes a session"),
        ("Get-ConnectionInformation", {}, "inside the PowerShell module"),
        ("Get-DlpPolicy", {}, "retired"),
        ("Get-ComplianceSearch", {"service": "exo"}, "not available in Exchange Online"),
        ("Get-ComplianceSearchAction", {}, "needs a signed-in user"),
        ("Get-Mailbox", {"service": "nowhere"}, "no service named"),
    ],
)
def test_refuses_cmdlets_that_cannot_run(name: str, options: dict[str, str], part: str) -> None:
    assert any(part in p.problem for p in problems(name, {}, **options))


@pytest.mark.parametrize(
    ("name", "parameters", "parameter"),
    [
        ("Get-Mailbox", {"Ident": "x"}, "Ident"),  # a prefix
        ("Set-Mailbox", {"Identity": "a", "Confirm": False, "cf": False}, "Confirm"),
        ("Set-Mailbox", {"Identity": "a", "identity": "b"}, "Identity"),
        ("Get-UnifiedGroup", {"Anr": "x"}, "Anr"),  # reserved
        ("Set-Mailbox", {"Identity": "a", "Type": "Sharde"}, "Type"),
        ("Set-Mailbox", {"Identity": "a", "Type": "Share"}, "Type"),  # Exchange would complete the prefix
        ("Set-Mailbox", {"Identity": "a", "HiddenFromAddressListsEnabled": "yes"}, "HiddenFromAddressListsEnabled"),
        ("Set-Mailbox", {"Identity": "a", "DisplayName": ["x"]}, "DisplayName"),
        ("Set-Mailbox", {"Identity": "a", "DisplayName": "x" * 257}, "DisplayName"),
        ("Set-Mailbox", {"Identity": "a", "DisplayName": "x\x00"}, "DisplayName"),
        ("Set-Mailbox", {"Identity": "a", "DisplayName": "\ud800"}, "DisplayName"),
        ("Set-Label", {"Identity": "a", "AdvancedSettings": nested(11)}, "AdvancedSettings"),
        ("Set-Mailbox", {"Identity": ""}, "Identity"),
        ("Set-Mailbox", {"Identity": None}, "Identity"),
        ("Set-Mailbox", {"Identity": "a", "EmailAddresses": {"Ad": ["x"]}}, "EmailAddresses"),
        ("Set-Mailbox", {"Identity": "a", "RoomMailboxPassword": 5}, "RoomMailboxPassword"),
        ("Set-Mailbox", {"Identity": "a", "RetainDeletedItemsFor": "90:00"}, "RetainDeletedItemsFor"),
        ("Set-Mailbox", {"Identity": "a", "ProhibitSendQuota": "lots"}, "ProhibitSendQuota"),
        ("Set-Mailbox", {"Identity": "a", "Confirm": True}, "Confirm"),
        ("New-ComplianceTag", {"Name": "a", "WhatIf": True}, "WhatIf"),
        ("Get-MessageTraceV2", {"StartDate": "yesterday"}, "StartDate"),
        ("Get-MessageTraceV2", {"ResultSize": 5001}, "ResultSize"),
        ("Get-MessageTraceV2", {"ResultSize": True}, "ResultSize"),
        ("Get-MailboxPermission", {"Identity": "a", "User": "b", "Owner": True}, "Owner"),
        ("Get-Mailbox", {"Identity": "a", "ErrorAction": "Panic"}, "ErrorAction"),
        ("Get-Mailbox", {"Identity": "a", "Confirm": False}, "Confirm"),
        ("Get-ExoMailbox", {"Identity": "a", "UserPrincipalName": "b"}, "UserPrincipalName"),
        ("New-TransportRule", {"Name": "a", "BetweenMemberOf1": ["b"]}, "BetweenMemberOf1"),
        ("New-DlpComplianceRule", {"Name": "a", "Policy": "p", "AlertProperties": "x"}, "AlertProperties"),
    ],
)
def test_refuses(name: str, parameters: dict[str, object], parameter: str) -> None:
    assert parameter in {p.parameter for p in problems(name, parameters, app_only=False)}


def test_names_what_is_missing() -> None:
    assert [p.parameter for p in problems("Add-MailboxPermission", {"Identity": "a", "User": "b"})] == ["AccessRights"]


def test_names_the_sets_of_parameters_that_exclude_each_other() -> None:
    found = problems("Get-Mailbox", {"Anr": "a", "Identity": "b"})
    assert len(found) == 1
    assert found[0].problem == (
        "Anr and Identity cannot be used together: Anr belongs to the set AnrSet, Identity to the set Identity."
    )


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("get-mailbox", {"resultsize": "unlimited", "RecipientTypeDetails": "sharedmailbox,RoomMailbox"}),
        ("Get-Mailbox", {"ErrorAction": "SilentlyContinue", "Verbose": True, "ev": "problems"}),
        ("Get-EXOMailbox", {"UserPrincipalName": "a@contoso.com", "PropertySets": ["All"], "Properties": ["Name"]}),
        ("Set-Mailbox", {"Identity": "a", "cf": False, "ForwardingSmtpAddress": None}),
        ("Set-Mailbox", {"Identity": "a", "EmailAddresses": {"add": "smtp:b@contoso.com"}}),
        ("Set-Mailbox", {"Identity": "a", "ProhibitSendQuota": "49.5 GB", "RetainDeletedItemsFor": "30.00:00:00"}),
        ("Set-Mailbox", {"Identity": "a", "AuditOwner": ["MailItemsAccessed"]}),
        ("Set-RetentionPolicyTag", {"Identity": "a", "AgeLimitForRetention": 365}),
        ("New-ServicePrincipal", {"AppId": "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "ObjectId": "x"}),
        ("New-MailboxRestoreRequest", {"SourceMailbox": "a", "TargetMailbox": "b"}),
        ("Add-MailboxFolderPermission", {"Identity": "a:\\Calendar", "User": "b", "AccessRights": "Editor"}),
        ("Set-MailboxCalendarConfiguration", {"Identity": "a", "WorkDays": ["Monday", "Tuesday"]}),
        ("New-DlpSensitiveInformationTypeRulePackage", {"FileData": "AAEC"}),
        ("Set-Label", {"Identity": "a", "AdvancedSettings": nested(10)}),
        ("Set-Clutter", {"Identity": "a", "Enable": False, "Confirm": False}),
    ],
)
def test_accepts(name: str, parameters: dict[str, object]) -> None:
    assert validate(name, parameters).cmdlet.name.lower() == name.lower()


def test_types_the_values() -> None:
    call = validate("Get-MessageTraceV2", {"startdate": "1/31/2026 5:00 PM", "resultsize": "100", "Status": "failed"})
    assert call.parameters == {
        "StartDate": datetime(2026, 1, 31, 17, tzinfo=UTC),
        "ResultSize": 100,
        "Status": ["failed"],
    }


def test_the_cmdlet_chooses_the_service() -> None:
    assert validate("Get-ComplianceSearch", {}).service == "scc"
    assert validate("Get-Mailbox", {}).service == "exo"


def test_warns_about_what_still_runs() -> None:
    call = validate("Get-MessageTrace", {})
    assert any("Get-MessageTraceV2" in warning for warning in call.warnings)
    remove = validate("Remove-Mailbox", {"Identity": "a", "Force": True})
    assert any("Force" in warning for warning in remove.warnings)


@pytest.mark.parametrize(
    ("parameters", "effect"),
    [
        ({"DisplayName": "x"}, Effect.ABSOLUTE_SET),
        ({"EmailAddresses": ["SMTP:a@contoso.com"]}, Effect.ABSOLUTE_SET),
        ({"EmailAddresses": {"Add": ["a@contoso.com"]}}, Effect.RELATIVE),
        ({"RemoveDelayHoldApplied": True}, Effect.RELATIVE),
        ({"DisplayName": "x", "WhatIf": True}, Effect.READ),
    ],
)
def test_effect_of_one_call(parameters: dict[str, object], effect: Effect) -> None:
    assert validate("Set-Mailbox", {"Identity": "a", **parameters}).effect is effect


def test_a_start_time_does_not_act() -> None:
    call = validate("Set-MailboxAutoReplyConfiguration", {"Identity": "a", "StartTime": "2026-01-31"})
    assert call.effect is Effect.ABSOLUTE_SET


def test_names_alone() -> None:
    validate_names("Set-Mailbox", ["identity", "WhatIf", "Confirm", "ea"])
    validate_names("Set-Mailbox", ["DisplayName"], piped=True)
    with pytest.raises(InvalidCall):
        validate_names("Set-Mailbox", ["DisplayName"])
    with pytest.raises(InvalidCall):
        validate_names("Set-Mailbox", ["Identity", "Identity"])


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["$true", "2026-01-31", "a@b.c"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_names = st.sampled_from([c.name for c in all_cmdlets()])


@st.composite
def _calls(draw: st.DrawFn) -> tuple[str, dict[str, object]]:
    name = draw(_names)
    known = st.sampled_from([*find(name).parameters, "ErrorAction", "OutBuffer"])
    return name, draw(st.dictionaries(known | st.text(max_size=6), _json, max_size=5))


@settings(max_examples=400, deadline=None, print_blob=True)
@given(call=_calls(), service=st.sampled_from([None, "exo", "scc", "eop", "x"]), app_only=st.booleans())
def test_raises_nothing_else(call: tuple[str, dict[str, object]], service: str | None, app_only: bool) -> None:
    with suppress(InvalidCall):
        orjson.dumps(encode(validate(call[0], call[1], service=service, app_only=app_only)))


@settings(max_examples=150, deadline=None, print_blob=True)
@given(name=_json, parameters=_json)
def test_raises_nothing_else_for_any_json(name: object, parameters: Any) -> None:
    with pytest.raises(InvalidCall):
        validate(name, parameters)
