import pytest

from jobs.catalogue.cmdlets import find
from jobs.catalogue.encoding import encode, encode_secrets
from jobs.catalogue.powershell import powershell_line
from jobs.catalogue.secret_values import LONGEST_BYTES, SecretValue
from jobs.catalogue.text_values import parse_text
from jobs.catalogue.validation import validate
from portal.core.secrets.secret import HIDDEN

NEW_MAILBOX = {"Name": "Robin", "MicrosoftOnlineServicesID": "robin@robin.example", "Password": " word-1 "}


def test_a_secret_shows_itself_nowhere() -> None:
    call = validate("New-Mailbox", NEW_MAILBOX)
    secret = call.parameters["Password"]
    assert isinstance(secret, SecretValue)
    for text in (repr(secret), str(secret), repr(call), str(encode(call)), powershell_line(call)):
        assert "word-1" not in text
    assert encode(call)["Password"] == HIDDEN


def test_a_securestring_is_kept_as_typed_with_its_blanks_and_goes_out_protected() -> None:
    assert parse_text(find("New-Mailbox").parameters["Password"], " 'word' ") == SecretValue(
        " 'word' ", is_protected=True
    )
    assert encode_secrets(validate("New-Mailbox", NEW_MAILBOX)) == {
        "Password": SecretValue(" word-1 ", is_protected=True)
    }


def test_a_key_in_bytes_goes_out_as_bytes_and_unprotected() -> None:
    given = {"Name": "gmail", "Gmail": True, "EmailAddress": "a@b.example", "ServiceAccountKeyFileData": "a2V5"}
    secrets = encode_secrets(validate("New-MigrationEndpoint", given))
    wire = {"@odata.type": "#Exchange.ByteArrayType", "Data": "a2V5"}
    assert secrets == {"ServiceAccountKeyFileData": SecretValue(wire, is_protected=False)}


def test_what_rsa_cannot_encrypt_is_refused_before_anything_is_sent() -> None:
    parameter = find("New-Mailbox").parameters["Password"]
    longest = "ü" * (LONGEST_BYTES // 2)
    assert parse_text(parameter, longest) == SecretValue(longest, is_protected=True)
    with pytest.raises(ValueError, match="at most 245 bytes"):
        parse_text(parameter, longest + "üü")


@pytest.mark.parametrize("name", ["Add-AvailabilityAddressSpace", "New-MigrationEndpoint"])
def test_a_credential_is_still_refused_because_its_form_on_the_wire_is_not_known(name: str) -> None:
    parameter = find(name).parameters["Credentials"]
    with pytest.raises(ValueError, match="credential"):
        parse_text(parameter, "word")
