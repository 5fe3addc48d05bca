"""Scripts are read however they were saved, and what is no script is refused with a reason."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.scripts.commas import eased
from jobs.scripts.source import MOST_BYTES, UnreadableScript, script_text, spelt_plainly

TEXT = "Get-Mailbox -Identity 'Zoë'\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encoding(encoding: str) -> None:
    assert script_text(TEXT.encode(encoding)) == TEXT


def test_utf_16_of_the_other_byte_order() -> None:
    assert script_text(b"\xfe\xff" + TEXT.encode("utf-16-be")) == TEXT


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "a Windows program"),
        (b"PK\x03\x04rest", "an archive"),
        (b"\x7fELF\x02", "a program"),
        (b"%PDF-1.7", "a PDF"),
        (b"Get-Mailbox\x00", "binary"),
        (bytes(range(1, 9)) * 50, "binary"),
        (b"\xff\xfeG", "damaged"),
        (b"#" * (MOST_BYTES + 1), "at most 1,048,576"),
    ],
)
def test_refused(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableScript, match=reason):
        script_text(content)


def test_a_script_may_begin_with_any_two_letters() -> None:
    assert script_text(b"MZ-Tool -Run") == "MZ-Tool -Run"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(UnreadableScript):
        assert script_text(content).strip()


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("a \u2013Name x", "a -Name x"),
        ("\u201cx\u201d", '"x"'),
        ("\u2018x\u2019", "'x'"),
        ('"Anna\u2019s \u2013 box"', '"Anna\u2019s \u2013 box"'),
    ],
)
def test_typographic_marks(written: str, plain: str) -> None:
    assert spelt_plainly(written) == plain


@given(st.binary(max_size=300))
def test_easing_keeps_every_byte_in_its_place(data: bytes) -> None:
    assert len(eased(data)) == len(data)


@pytest.mark.parametrize(
    ("script", "easier"),
    [
        (b"select A, B", b"select A  B"),
        (b"select A,\n  B", b"select A    B"),
        (b"param($a, $b)", b"param($a, $b)"),
        (b"[Parameter(Mandatory, Position=0)]", b"[Parameter(Mandatory, Position=0)]"),
        (b"# a,\nGet-Mailbox", b"# a,\nGet-Mailbox"),
    ],
)
def test_commas_beside_bare_words(script: bytes, easier: bytes) -> None:
    assert eased(script) == easier
