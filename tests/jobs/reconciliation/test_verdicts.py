"""What a look means: nothing is called carried out that may be somebody else's, nothing not carried out too early."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.catalogue.read_backs import reading_of
from jobs.reconciliation.evidence import SKEW, Call, Found, Judgement
from jobs.reconciliation.verdicts import judge
from jobs.runs.states import Verdict

SENT = datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC)
ENDS_BY = SENT + timedelta(minutes=15)
LATER = ENDS_BY + timedelta(seconds=1)
APPLIED, NOT_APPLIED, PERSON = Verdict.APPLIED, Verdict.NOT_APPLIED, Verdict.NEEDS_PERSON
MINUTE = timedelta(minutes=1)

Rows = Sequence[dict[str, Any]]
NEW = {"CustomAttribute1": "a", "HiddenFromAddressListsEnabled": True}
OLD = {"CustomAttribute1": "b", "HiddenFromAddressListsEnabled": False}


def looked(
    cmdlet: str,
    parameters: dict[str, Any],
    rows: Rows,
    *,
    at: datetime = LATER,
    secrets: Sequence[str] = (),
    others: dict[str, frozenset[str]] | None = None,
) -> Judgement:
    reading = reading_of(cmdlet, parameters)
    assert reading is not None
    return judge(Call(cmdlet, parameters, secrets, SENT, ENDS_BY), reading, Found(rows, at, others or {}))


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class TestCreate:
    RULE = {"Name": "Outside", "PrependSubject": "[X]"}

    @pytest.mark.parametrize(
        ("made", "values", "verdict"),
        [
            (SENT + MINUTE, {}, APPLIED),
            (SENT - timedelta(seconds=2), {}, APPLIED),  # the clocks may be apart by so much
            (SENT - timedelta(days=300), {}, NOT_APPLIED),
            (SENT - SKEW - timedelta(seconds=1), {}, NOT_APPLIED),
            (SENT + MINUTE, {"PrependSubject": "[Y]"}, PERSON),
            (SENT - MINUTE, {"PrependSubject": "[Y]"}, NOT_APPLIED),
            (ENDS_BY + MINUTE, {}, PERSON),
            (None, {}, PERSON),
        ],
    )
    def test_is_ours_only_if_it_was_made_while_the_call_may_have_run_with_our_values(
        self, made: datetime | None, values: dict[str, str], verdict: Verdict
    ) -> None:
        row = {
            "Name": "Outside",
            "PrependSubject": "[X]",
            **({"WhenCreatedUTC": stamp(made)} if made else {}),
            **values,
        }
        assert looked("New-TransportRule", self.RULE, [row]).verdict is verdict

    @given(seconds=st.integers(min_value=int(SKEW.total_seconds()) + 1, max_value=10**9))
    def test_an_older_object_is_never_ours(self, seconds: int) -> None:
        row = {"Name": "Outside", "PrependSubject": "[X]", "WhenCreatedUTC": stamp(SENT - timedelta(seconds=seconds))}
        assert looked("New-TransportRule", self.RULE, [row]).verdict is NOT_APPLIED

    def test_a_local_time_without_a_zone_tells_nothing(self) -> None:
        row = {"Name": "Outside", "PrependSubject": "[X]", "WhenCreated": "2026-03-01T08:01:00"}
        assert looked("New-TransportRule", self.RULE, [row]).verdict is PERSON

    def test_another_object_that_answers_to_the_name_is_not_ours(self) -> None:
        row = {"Name": "Jane Outside", "Alias": "other", "WhenCreatedUTC": stamp(SENT + MINUTE)}
        assert looked("New-TransportRule", self.RULE, [row]).verdict is PERSON

    def test_among_several_ours_is_found(self) -> None:
        old = {"Name": "Outside", "PrependSubject": "[X]", "WhenCreatedUTC": stamp(SENT - MINUTE)}
        new = {**old, "WhenCreatedUTC": stamp(SENT + MINUTE)}
        assert looked("New-TransportRule", self.RULE, [old, new]).verdict is APPLIED

    def test_nothing_of_that_name_means_not_carried_out(self) -> None:
        assert looked("New-TransportRule", self.RULE, []).verdict is NOT_APPLIED

    def test_in_a_list_without_a_key_ours_is_known_by_time_and_values(self) -> None:
        call = {"AppId": "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "AccessRight": "RestrictAccess", "Description": "a"}
        ours = {**call, "WhenCreatedUTC": stamp(SENT + MINUTE)}
        other = {**call, "AppId": "00000000-4f89-11d3-9a0c-0305e82c3301", "WhenCreatedUTC": stamp(SENT - MINUTE)}
        assert looked("New-ApplicationAccessPolicy", call, [other, ours]).verdict is APPLIED
        assert looked("New-ApplicationAccessPolicy", call, [other]).verdict is NOT_APPLIED

    def test_a_new_object_that_shows_nothing_of_what_was_sent_is_not_called_ours(self) -> None:
        row = {"Id": "x", "WhenCreatedUTC": stamp(SENT + MINUTE)}
        assert looked("New-ClassificationRuleCollection", {"FileData": {"Data": "eA=="}}, [row]).verdict is PERSON


class TestSet:
    CALL = {"Identity": "jane", **NEW}

    @pytest.mark.parametrize(
        ("row", "verdict"),
        [
            ({**NEW}, APPLIED),
            ({**OLD}, NOT_APPLIED),
            # Some values as sent and some not, and nothing tells since when.
            ({**NEW, "HiddenFromAddressListsEnabled": False}, PERSON),
            ({**NEW, "HiddenFromAddressListsEnabled": False, "WhenChangedUTC": SENT - MINUTE}, NOT_APPLIED),
            ({**OLD, "WhenChangedUTC": SENT + MINUTE}, PERSON),
            ({}, PERSON),
        ],
    )  # fmt: skip
    def test_is_carried_out_only_if_every_value_is_as_sent(self, row: dict[str, Any], verdict: Verdict) -> None:
        shown = {key: stamp(value) if isinstance(value, datetime) else value for key, value in row.items()}
        assert looked("Set-Mailbox", self.CALL, [{"Identity": "jane", **shown}]).verdict is verdict

    @pytest.mark.parametrize(
        ("row", "verdict", "said"),
        [
            # It may have been so before: that says nothing about a value which is not shown.
            ({**NEW}, PERSON, "perhaps since before the call. Not shown: MailTip"),
            ({**NEW, "WhenChangedUTC": SENT - MINUTE}, PERSON, "Not shown: MailTip"),
            ({**NEW, "WhenChangedUTC": ENDS_BY + MINUTE}, PERSON, "Not shown: MailTip"),
            ({**NEW, "WhenChangedUTC": SENT + MINUTE}, APPLIED, "Not compared: MailTip"),
            ({**NEW, "MailTip": "Away"}, APPLIED, "may have been so before"),
        ],
        ids=["no time", "changed before", "changed by somebody else", "changed by then", "all shown"],
    )
    def test_a_value_that_is_not_shown_is_vouched_for_only_by_a_change_at_that_time(
        self, row: dict[str, Any], verdict: Verdict, said: str
    ) -> None:
        shown = {key: stamp(value) if isinstance(value, datetime) else value for key, value in row.items()}
        found = looked("Set-Mailbox", {**self.CALL, "MailTip": "Away"}, [{"Identity": "jane", **shown}])
        assert (found.verdict, said in found.detail) == (verdict, True), found.detail

    @pytest.mark.parametrize(("cmdlet", "status"), [("Enable-Mailbox", "Active"), ("Disable-Mailbox", "None")])
    def test_the_switch_of_a_state_is_shown_by_the_state(self, cmdlet: str, status: str) -> None:
        row = {"Identity": "jane", "ArchiveStatus": status}
        assert looked(cmdlet, {"Identity": "jane", "Archive": True}, [row]).verdict is APPLIED

    def test_values_that_may_have_been_so_before_are_said_to_be(self) -> None:
        row = {"Identity": "jane", **NEW}
        assert "may have been so before" in looked("Set-Mailbox", self.CALL, [row]).detail
        changed = {**row, "WhenChangedUTC": stamp(SENT + MINUTE)}
        assert "may have been so before" not in looked("Set-Mailbox", self.CALL, [changed]).detail

    def test_a_value_in_another_form_is_not_guessed(self) -> None:
        call = {"Identity": "jane", "ForwardingAddress": "john@contoso.com", "DeliverToMailboxAndForward": True}
        row = {"Identity": "jane", "ForwardingAddress": "John Doe", "DeliverToMailboxAndForward": True}
        assert looked("Set-Mailbox", call, [row]).verdict is PERSON

    def test_a_secret_cannot_be_read_back(self) -> None:
        call = {"Identity": "jane", "CustomAttribute1": "a"}
        row = {"Identity": "jane", "CustomAttribute1": "a"}
        assert looked("Set-Mailbox", call, [row], secrets=["Password"]).verdict is PERSON

    def test_an_object_that_is_not_there_is_a_persons(self) -> None:
        assert looked("Set-Mailbox", self.CALL, []).verdict is PERSON


class TestPresent:
    CALL = {"Identity": "Sales\\Set-Mailbox", "Parameters": ["MailTip"]}

    @pytest.mark.parametrize(
        ("shown", "verdict"),
        [({"Parameters": ["MailTip"]}, APPLIED), ({"Parameters": ["MailTip", "Alias"]}, PERSON), ({}, PERSON)],
    )
    def test_what_is_there_must_be_as_it_was_sent(self, shown: dict[str, Any], verdict: Verdict) -> None:
        assert looked("Add-ManagementRoleEntry", self.CALL, [{"Name": "Set-Mailbox", **shown}]).verdict is verdict

    def test_what_is_not_there_was_not_added(self) -> None:
        assert looked("Add-ManagementRoleEntry", self.CALL, []).verdict is NOT_APPLIED


class TestRemove:
    CALL = {"Identity": "Outside"}

    def test_is_carried_out_when_it_is_gone(self) -> None:
        assert looked("Remove-TransportRule", self.CALL, []).verdict is APPLIED

    def test_is_not_carried_out_while_it_is_there(self) -> None:
        row = {"Name": "Outside", "WhenCreatedUTC": stamp(SENT - MINUTE)}
        assert looked("Remove-TransportRule", self.CALL, [row]).verdict is NOT_APPLIED

    def test_a_newer_object_of_that_name_may_stand_where_the_removed_one_was(self) -> None:
        row = {"Name": "Outside", "WhenCreatedUTC": stamp(SENT + MINUTE)}
        assert looked("Remove-TransportRule", self.CALL, [row]).verdict is PERSON

    def test_for_ever_cannot_be_read(self) -> None:
        assert looked("Remove-Mailbox", {"Identity": "a", "PermanentlyDelete": True}, []).verdict is PERSON


class TestMembers:
    GROUP = {"Identity": "Sales", "Member": "jane@contoso.com"}
    JANE = {"Name": "Jane", "PrimarySmtpAddress": "jane.doe@contoso.com", "Guid": "g"}
    KNOWN = {"jane@contoso.com": frozenset({"jane@contoso.com", "jane.doe@contoso.com", "jane"})}

    @pytest.mark.parametrize(
        ("cmdlet", "rows", "known", "verdict"),
        [
            ("Add-DistributionGroupMember", [JANE], KNOWN, APPLIED),
            ("Add-DistributionGroupMember", [], KNOWN, NOT_APPLIED),
            ("Remove-DistributionGroupMember", [], KNOWN, APPLIED),
            ("Remove-DistributionGroupMember", [JANE], KNOWN, NOT_APPLIED),
            # Under the one name that was given nobody is there, and no other is known.
            ("Add-DistributionGroupMember", [JANE], {}, PERSON),
            ("Remove-DistributionGroupMember", [JANE], {}, PERSON),
        ],
    )
    def test_are_known_by_every_name(
        self, cmdlet: str, rows: Rows, known: dict[str, frozenset[str]], verdict: Verdict
    ) -> None:
        assert looked(cmdlet, self.GROUP, rows, others=known).verdict is verdict

    @pytest.mark.parametrize(
        ("held", "verdict"),
        [
            ({"AccessRights": ["FullAccess"]}, APPLIED),
            ({"AccessRights": ["fullaccess", "ReadPermission"]}, APPLIED),
            ({"AccessRights": ["ReadPermission"]}, NOT_APPLIED),
            ({"AccessRights": ["FullAccess"], "IsInherited": True}, NOT_APPLIED),
            ({"AccessRights": ["FullAccess"], "Deny": True}, NOT_APPLIED),
        ],
    )
    def test_need_the_right_itself_given_here(self, held: dict[str, Any], verdict: Verdict) -> None:
        call = {"Identity": "a", "User": "jane@contoso.com", "AccessRights": ["FullAccess"]}
        assert looked("Add-MailboxPermission", call, [{"User": "jane@contoso.com", **held}]).verdict is verdict

    @pytest.mark.parametrize(
        ("cmdlet", "sent", "shown", "verdict", "said"),
        [
            ("Set-MailboxFolderPermission", {"SharingPermissionFlags": "Delegate"}, {"SharingPermissionFlags": None},
             PERSON, "SharingPermissionFlags differs"),
            ("Set-MailboxFolderPermission", {"SharingPermissionFlags": "Delegate"},
             {"SharingPermissionFlags": "Delegate"}, APPLIED, "as planned"),
            ("Set-MailboxFolderPermission", {"SharingPermissionFlags": "Delegate"}, {}, PERSON,
             "does not show SharingPermissionFlags"),
            ("Add-MailboxPermission", {"InheritanceType": "All"}, {"InheritanceType": "None"}, PERSON,
             "InheritanceType differs"),
            ("Add-MailboxPermission", {"InheritanceType": "All"}, {"InheritanceType": "All"}, APPLIED, "as planned"),
            ("Add-MailboxPermission", {"AutoMapping": False}, {"InheritanceType": "All"}, PERSON,
             "may have been so before, and Get-MailboxPermission does not show AutoMapping"),
            ("Remove-MailboxPermission", {"InheritanceType": "All"}, {"InheritanceType": "None"}, PERSON,
             "still there. But InheritanceType differs"),
            ("Remove-MailboxPermission", {"InheritanceType": "All"}, {"InheritanceType": "All"}, NOT_APPLIED, "still"),
            ("Remove-MailboxPermission", {"InheritanceType": "All"}, None, APPLIED, "Not compared: InheritanceType"),
        ],
    )  # fmt: skip
    def test_the_right_rights_do_not_vouch_for_what_else_was_sent(
        self, cmdlet: str, sent: dict[str, Any], shown: dict[str, Any] | None, verdict: Verdict, said: str
    ) -> None:
        right = "Editor" if "Folder" in cmdlet else "FullAccess"
        call = {"Identity": "a", "User": "jane@contoso.com", "AccessRights": [right], **sent}
        rows = [] if shown is None else [{"User": "jane@contoso.com", "AccessRights": [right], **shown}]
        found = looked(cmdlet, call, rows)
        assert (found.verdict, said in found.detail) == (verdict, True), found.detail

    def test_among_several_entries_of_one_person_that_counts_which_was_sent(self) -> None:
        call = {"Identity": "a", "User": "jane@contoso.com", "AccessRights": ["FullAccess"], "InheritanceType": "All"}
        entry = {"User": "jane@contoso.com", "AccessRights": ["FullAccess"], "InheritanceType": "None"}
        other = {**entry, "AccessRights": ["ReadPermission"], "InheritanceType": "All"}
        assert looked("Add-MailboxPermission", call, [entry, other]).verdict is PERSON
        assert looked("Add-MailboxPermission", call, [entry, {**entry, "InheritanceType": "All"}]).verdict is APPLIED

    def test_other_rights_with_the_flags_that_were_sent_are_a_persons_to_judge(self) -> None:
        call = {"Identity": "a:\\Calendar", "User": "jane@contoso.com", "AccessRights": ["Editor"]}
        row = {"User": "jane@contoso.com", "AccessRights": ["Reviewer"], "SharingPermissionFlags": "Delegate"}
        cmdlet, flags = "Set-MailboxFolderPermission", {"SharingPermissionFlags": "Delegate"}
        assert looked(cmdlet, call, [row]).verdict is NOT_APPLIED
        assert looked(cmdlet, {**call, **flags}, [row]).verdict is PERSON

    def test_replaced_ones_are_exactly_those(self) -> None:
        call = {"Identity": "Sales", "Members": ["jane@contoso.com"]}
        john = {"Name": "John", "PrimarySmtpAddress": "john@contoso.com"}
        cmdlet = "Update-DistributionGroupMember"
        assert looked(cmdlet, call, [self.JANE], others=self.KNOWN).verdict is APPLIED
        assert looked(cmdlet, call, [john], others=self.KNOWN).verdict is NOT_APPLIED
        assert looked(cmdlet, call, [self.JANE, john], others=self.KNOWN).verdict is PERSON


@pytest.mark.parametrize(
    ("cmdlet", "parameters", "rows"),
    [
        ("New-TransportRule", {"Name": "Outside"}, []),
        ("Set-Mailbox", {"Identity": "a", "CustomAttribute1": "a"}, [{"Identity": "a", "CustomAttribute1": "b"}]),
        ("Remove-TransportRule", {"Identity": "Outside"}, [{"Name": "Outside"}]),
        ("Add-MailboxPermission", {"Identity": "a", "User": "b", "AccessRights": ["FullAccess"]}, []),
    ],
)
def test_what_is_not_there_may_still_come_until_the_call_is_over(
    cmdlet: str, parameters: dict[str, Any], rows: Rows
) -> None:
    early = looked(cmdlet, parameters, rows, at=ENDS_BY)
    assert early.verdict is None
    assert "may still go on until 2026-03-01 08:15:00 UTC" in early.detail
    assert looked(cmdlet, parameters, rows, at=LATER).verdict is NOT_APPLIED
