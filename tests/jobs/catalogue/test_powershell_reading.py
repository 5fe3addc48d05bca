"""A pasted command is read as PowerShell reads it, and what could not be read is said piece by piece."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.catalogue.cmdlets import all_cmdlets, find
from jobs.catalogue.powershell import powershell_line
from jobs.catalogue.powershell_reading import MOST_BYTES, NotRead, read_powershell
from jobs.catalogue.problems import InvalidCall
from jobs.catalogue.text_values import parse_text
from jobs.catalogue.validation import ValidCall, validate
from tests.jobs.catalogue.samples import minimal_call, sample_value


def texts(line: str) -> dict[str, str]:
    reading = read_powershell(line)
    assert reading.left_out == ()
    return reading.texts


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Get-Mailbox -Identity bob", {"Identity": "bob"}),
        ("get-mailbox bob", {"Identity": "bob"}),
        ("PS C:\\Users\\tess> Get-Mailbox bob", {"Identity": "bob"}),
        ("[PS] C:\\>Set-Mailbox bob `\n>> -MaxSendSize 10MB", {"Identity": "bob", "MaxSendSize": "10MB"}),
        ("> Get-Mailbox bob", {"Identity": "bob"}),
        ("Set-Mailbox bob -MailTip @'\n> hi\n'@", {"Identity": "bob", "MailTip": "> hi"}),
        ("Get-Mailbox -ResultS 5", {"ResultSize": "5"}),
        ("Get-Mailbox -ResultSize 1KB", {"ResultSize": "1024"}),
        ("Set-Mailbox bob -MaxSendSize 10MB", {"Identity": "bob", "MaxSendSize": "10MB"}),
        ("Set-Mailbox x -Force:$false -AuditEnabled $true", {"Identity": "x", "Force": "no", "AuditEnabled": "yes"}),
        ("Set-Mailbox bob -Force -Confirm:$false", {"Identity": "bob", "Force": "yes"}),
        ("Set-Mailbox bob -ForwardingAddress $null", {"Identity": "bob", "ForwardingAddress": "$null"}),
        ("Set-Mailbox bob -DisplayName 'O''Brien'", {"Identity": "bob", "DisplayName": "O'Brien"}),
        ('Set-Mailbox bob -DisplayName "a`"b`$c"', {"Identity": "bob", "DisplayName": 'a"b$c'}),
        ("Set-Mailbox \u2013Identity \u201cbob smith\u201d", {"Identity": "bob smith"}),
        ("Set\u2013Mailbox \u2018bob\u2019", {"Identity": "bob"}),
        ("Set-Mailbox `\n  -Identity bob `\r\n  # why\n", {"Identity": "bob"}),
        ("Set-Mailbox bob -MailTip @'\nit's\n'@", {"Identity": "bob", "MailTip": "it's"}),
        ("$p = @{Identity='bob'; Force=$true}\nSet-Mailbox @p", {"Identity": "bob", "Force": "yes"}),
        ("$who = 'bob'\nGet-Mailbox \"$who@x.com\"", {"Identity": "bob@x.com"}),
        ("Get-Mailbox -Filter {Name -like 'a*'}", {"Filter": "Name -like 'a*'"}),
        ('Get-Mailbox -Filter "IsShared -eq $true"', {"Filter": "IsShared -eq True"}),
        (
            "Set-Mailbox bob -EmailAddresses @{add=@('a@b.c','d@b.c'); Remove=\"x@y.z\"}",
            {"Identity": "bob", "EmailAddresses": "+a@b.c\n+d@b.c\n-x@y.z"},
        ),
        ("Set-Mailbox bob -EmailAddresses smtp:a,smtp:b", {"Identity": "bob", "EmailAddresses": "smtp:a\nsmtp:b"}),
        (
            "Add-MailboxPermission bob -User ann -AccessRights FullAccess, ReadPermission -AutoMapping $false",
            {"Identity": "bob", "User": "ann", "AccessRights": "FullAccess\nReadPermission", "AutoMapping": "no"},
        ),
    ],
)  # fmt: skip
def test_reads(line: str, expected: dict[str, str]) -> None:
    assert texts(line) == expected


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Set-Mailbox $user", "Identity: `$user` is a variable: type its value."),
        ("Set-Mailbox $user.Name", "`$user.Name` is computed by PowerShell: type its value."),
        ("Set-Mailbox bob -MailTip (Get-Date).AddDays(-7)", "MailTip: `(Get-Date).AddDays(-7)` is computed"),
        ('Set-Mailbox bob -MailTip "$(whoami)"', "is computed by PowerShell: type its value."),
        ("Set-Mailbox bob -HiddenFromGal $true", "Set-Mailbox has no parameter named `-HiddenFromGal`."),
        ("Set-Mailbox bob -HiddenFromAddressListEnabled $true", "Did you mean HiddenFromAddressListsEnabled?"),
        ("Set-Mailbox bob -Em x", "`-Em` may mean EmailAddressDisplayNames, EmailAddresses: write the whole name."),
        ("Set-Mailbox bob -MailTip", "MailTip: no value stands behind it."),
        ("Set-Mailbox bob ann", "`'ann'` belongs to no parameter: name it."),
        ("Set-Mailbox -Identity $user ann", "`'ann'` belongs to no parameter: name it."),
        ("Set-Mailbox bob -MailTip a -MailTip b", "MailTip is given twice: the first value is kept."),
        ("Set-Mailbox @parameters", "`@parameters` holds parameters that are not in this text: type them."),
        ("$x | Set-Mailbox -MailTip a", "What is piped into Set-Mailbox is not carried over: name the object here."),
    ],
)
def test_says_what_could_not_be_read(line: str, sentence: str) -> None:
    assert sentence in " ".join(read_powershell(line).left_out)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Connect-ExchangeOnline -Device\nGet-Mailbox bob\nDisconnect-ExchangeOnline", "Connect-ExchangeOnline is not"),
        ("Get-Mailbox bob | Select-Object Id, DisplayName", "`Select-Object 'Id', 'DisplayName'` is left out"),
        ("Import-Module ExchangeOnlineManagement; Get-Mailbox bob", "Import-Module is not needed"),
        ("Get-Mailbox bob -ErrorAction Stop", "-ErrorAction is left out"),
        ("foreach ($u in $all) { Get-Mailbox bob }", "`foreach` repeats commands"),
        ("$found = Get-Mailbox bob", "`$found` would keep the answer"),
    ],
)
def test_explains_what_is_not_needed(line: str, sentence: str) -> None:
    reading = read_powershell(line)

    assert reading.texts == {"Identity": "bob"}
    assert reading.left_out == ()
    assert sentence in " ".join(reading.notes)


def test_a_secret_is_not_kept() -> None:
    reading = read_powershell("Set-Mailbox bob -Password (ConvertTo-SecureString 'hunter2' -AsPlainText -Force)")

    assert reading.texts == {"Identity": "bob"}
    assert "hunter2" not in str(reading)
    assert "Password is a secret: type it into its field." in reading.left_out[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Nothing was pasted."),
        ("Dear colleague, please do (something", "This does not look like a PowerShell command."),
        ("5 + 5", "This does not look like a PowerShell command."),
        ("(" * 60_000, "This does not look like a PowerShell command."),
        ("x" * 1_000_000, "This is 1,000,000 bytes long; at most 65,536 are read."),
        ("\U0001f600" * (MOST_BYTES // 4 + 1), "at most 65,536 are read."),
        ("Connect-ExchangeOnline -Device", "Connect-ExchangeOnline is not needed"),
    ],
    ids=lambda value: value[:20],
)
def test_refuses_what_is_no_call(text: str, problem: str) -> None:
    with pytest.raises(NotRead) as refused:
        read_powershell(text)
    assert problem in str(refused.value)
    assert refused.value.suggestion


def test_an_unknown_cmdlet_has_nearest_names() -> None:
    with pytest.raises(NotRead) as refused:
        read_powershell("Set-Mailbx bob")
    assert refused.value.nearest[0] == "Set-Mailbox"


def test_several_commands_are_offered_one_by_one() -> None:
    with pytest.raises(NotRead) as refused:
        read_powershell("\n".join(f"Set-Mailbox user{number} -Force" for number in range(10)))
    assert str(refused.value).startswith("These are 10 commands")
    assert [texts(command.line)["Identity"] for command in refused.value.commands] == [f"user{n}" for n in range(10)]


def read_back(call: ValidCall) -> dict[str, object]:
    reading = read_powershell(powershell_line(call))
    assert (reading.cmdlet.name, reading.left_out) == (call.cmdlet.name, ())
    parameters = call.cmdlet.parameters
    return {name: parse_text(parameters[name], text) for name, text in reading.texts.items()}


def test_every_cmdlets_line_reads_back() -> None:
    checked = 0
    for cmdlet in all_cmdlets():
        try:
            call = minimal_call(cmdlet)
        except InvalidCall:
            continue
        if cmdlet.risk == "session" or any(cmdlet.parameters[name].secret for name in call.parameters):
            continue
        assert read_back(call) == call.parameters
        checked += 1
    assert checked > 850


def test_every_parameter_reads_back() -> None:
    checked = 0
    for cmdlet in all_cmdlets():
        for name, parameter in cmdlet.parameters.items():
            try:
                call = validate(cmdlet.name, {**minimal_call(cmdlet).parameters, name: sample_value(parameter)})
            except InvalidCall:
                continue
            if cmdlet.risk == "session" or any(cmdlet.parameters[given].secret for given in call.parameters):
                continue
            assert read_back(call) == call.parameters, (cmdlet.name, name)
            checked += 1
    print(f"{checked} parameters read back")
    assert checked > 5000


# A browser posts every line end as CR LF, so a text with another one cannot be told apart.
_text = st.text(
    st.sampled_from("a'\u2018\u2019\u201c\u201d\"`$(){};|&\n #-\u2013@,+=")
    | st.characters(codec="utf-8", exclude_characters="\r")
)


@settings(max_examples=300, deadline=None, print_blob=True)
@given(
    text=_text,
    items=st.lists(_text, min_size=1, max_size=3),
    switch=st.booleans(),
    number=st.integers(-(2**31), 2**31 - 1),
)
def test_any_value_reads_back(text: str, items: list[str], switch: bool, number: int) -> None:
    values = {
        "Identity": "x",
        "MailTip": text,
        "EmailAddresses": {"Add": items},
        "GrantSendOnBehalfTo": items,
        "Force": switch,
        "SCLDeleteThreshold": number,
    }
    kept = {}
    for name, value in values.items():
        try:
            validate("Set-Mailbox", {"Identity": "x", name: value})
        except InvalidCall:
            continue
        kept[name] = value
    call = validate("Set-Mailbox", kept)
    assert read_back(call) == call.parameters


@settings(max_examples=300, deadline=None, print_blob=True)
@given(text=st.text(st.sampled_from("Get-Mailbox '\"@{}()$=;|,\n`<>#&-:") | st.characters(codec="utf-8"), max_size=200))
def test_reads_or_refuses_anything(text: str) -> None:
    for line in (text, f"Set-Mailbox {text}", f"Set-Mailbox -EmailAddresses {text}"):
        try:
            reading = read_powershell(line)
        except NotRead:
            continue
        assert reading.cmdlet is find(reading.cmdlet.name)
