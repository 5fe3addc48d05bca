"""The controls of parameters: what they post is read back as the text that stands in them."""

import random

import pytest
from django.http import QueryDict

from jobs.catalogue.cmdlets import all_cmdlets, find
from jobs.catalogue.text_values import parse_text, typed_text
from jobs.catalogue.values import typed_value
from jobs.web.parameter_controls import control_of
from jobs.web.parameter_parts import joined, rows_of, split
from jobs.web.parameter_texts import read_texts
from jobs.web.what import What
from tests.jobs.catalogue.samples import sample_value


def read(cmdlet: str, **fields: str) -> dict[str, str]:
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.appendlist(f"p.{name.replace('__', '.')}", value)
    return read_texts(find(cmdlet), data)


@pytest.mark.parametrize(
    ("fields", "text", "value"),
    [
        ({"MaxSendSize": "50", "MaxSendSize__unit": "GB"}, "50 GB", "50 GB"),
        ({"MaxSendSize": "", "MaxSendSize__unit": "Unlimited"}, "Unlimited", "Unlimited"),
        ({"AuditLogAgeLimit__days": "7", "AuditLogAgeLimit__hours": "30"}, "8.06:00:00", "8.06:00:00"),
        ({"EmailAddresses__add": "a@b.c\r\nd@e.f", "EmailAddresses__remove": "x@y.z"}, "+a@b.c\n+d@e.f\n-x@y.z", None),
        ({"EmailAddresses": "smtp:a@b.c\r\n", "EmailAddresses__mode": "replace"}, "smtp:a@b.c\n", ["smtp:a@b.c"]),
        ({"LitigationHoldDate__null": "on"}, "$null", None),
        ({"HiddenFromAddressListsEnabled": "no"}, "no", False),
    ],
)
def test_parts_become_one_text(fields: dict[str, str], text: str, value: object) -> None:
    read_back = read("Set-Mailbox", **fields)

    (name,) = read_back
    assert read_back[name] == text
    if value is not None:
        assert parse_text(find("Set-Mailbox").parameters[name], text) == value


def test_an_empty_control_sends_nothing_although_its_unit_is_chosen() -> None:
    assert read("Set-Mailbox", MaxSendSize="", MaxSendSize__unit="MB", LitigationHoldDate__zone="UTC") == {}


def test_a_time_is_taken_in_the_zone_beside_it() -> None:
    text = read("Set-Mailbox", LitigationHoldDate="2027-07-01T14:00", LitigationHoldDate__zone="Europe/Berlin")

    moment = parse_text(find("Set-Mailbox").parameters["LitigationHoldDate"], text["LitigationHoldDate"])
    assert str(moment) == "2027-07-01 12:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2027-07-01T14:00 Europe/Berlinn", "names the time zone 'Europe/Berlinn', which is not known"),
        ("2027-03-28T02:30 Europe/Berlin", "exists twice or not at all"),
        ("2027-10-31T02:30 Europe/Berlin", "exists twice or not at all"),
        ("2027-13-01T02:30 UTC", "outside the calendar"),
    ],
)
def test_a_time_that_no_clock_shows_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_text(find("Set-Mailbox").parameters["LitigationHoldDate"], text)


def test_rows_become_a_hashtable() -> None:
    fields = {"AdvancedSettings__key0": "Color", "AdvancedSettings__value0": "#fff", "AdvancedSettings__key2": "Depth"}

    text = read("Set-Label", **fields, AdvancedSettings__value2="2")["AdvancedSettings"]

    assert parse_text(find("Set-Label").parameters["AdvancedSettings"], text) == {"Color": "#fff", "Depth": 2}
    assert rows_of(text) == [("Color", "#fff"), ("Depth", "2")]


def test_ticked_values_become_lines() -> None:
    data = QueryDict("p.AccessRights=FullAccess&p.AccessRights=ReadPermission")

    assert read_texts(find("Add-MailboxPermission"), data) == {"AccessRights": "FullAccess\nReadPermission"}


def test_every_text_comes_back_from_its_control() -> None:
    """What a control shows for a value posts the same value again."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    sampled = random.Random(seed).sample([(c, p) for c in all_cmdlets() for p in c.parameters.values()], 2500)
    checked = 0
    for cmdlet, parameter in sampled:
        control = control_of(cmdlet, parameter)
        try:
            value = typed_value(parameter, sample_value(parameter), reading=False, required=False)
        except ValueError:
            continue
        if control == "secret":
            continue
        text = typed_text(parameter, value)
        parts = split(control, text)
        if parts is None:
            continue
        posted = {part: [content] for part, content in parts.items()}
        if control == "checks":
            posted = {"": text.splitlines()}
        for number, (key, cell) in enumerate((control == "table" and rows_of(text)) or []):
            posted |= {f"key{number}": [key], f"value{number}": [cell]}
        again = parse_text(parameter, joined(control, posted))
        if control == "size":
            value, again = str(value).replace(" ", ""), str(again).replace(" ", "").removesuffix("B" * text.isdecimal())
        assert again == value, (cmdlet.name, parameter.name, text)
        checked += 1
    assert checked > 1500


class TestConflict:
    def test_says_what_excludes_what_and_the_way_out(self) -> None:
        conflict = What(find("Get-Mailbox"), {"Identity": "bob", "Anr": "ann"}, set_name="Identity").conflict

        assert conflict is not None
        assert conflict.left_out == ("Anr",)
        assert conflict.sentences == (
            "Identity and Anr exclude each other: Identity belongs to the set Identity, Anr to the set AnrSet.",
        )
        assert [(way.set_name, way.drops) for way in conflict.ways] == [("AnrSet", ("Identity",))]

    def test_a_set_with_everything_drops_nothing(self) -> None:
        conflict = What(find("Get-Mailbox"), {"Anr": "ann"}, set_name="Identity").conflict

        assert conflict is not None
        assert [(way.set_name, way.drops) for way in conflict.ways] == [("AnrSet", ())]

    def test_there_is_none_where_everything_fits(self) -> None:
        assert What(find("Get-Mailbox"), {"Identity": "bob", "ResultSize": "5"}).conflict is None
