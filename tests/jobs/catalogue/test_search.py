import time

import pytest

from jobs.catalogue.search import search
from jobs.catalogue.search_index import index
from jobs.catalogue.synonyms import PHRASES


def names(text: str, first: int) -> list[str]:
    return [match.cmdlet.name for match in search(text)[:first]]


@pytest.mark.parametrize(
    ("text", "first", "expected"),
    [
        ("out of office", 3, {"Set-MailboxAutoReplyConfiguration"}),
        ("ooo", 3, {"Set-MailboxAutoReplyConfiguration"}),
        ("litigation", 3, {"Set-Mailbox"}),
        ("add alias", 5, {"Set-Mailbox"}),
        (
            "spam",
            6,
            {f"{verb}-HostedContentFilterPolicy" for verb in ("Get", "New", "Set", "Remove")},
        ),
        ("shared mailbox", 3, {"New-Mailbox", "Set-Mailbox"}),
        ("who has access to a mailbox", 3, {"Get-MailboxPermission"}),
        ("Who has access to the mailbox?", 3, {"Get-MailboxPermission"}),
        ("forwarding", 3, {"Set-Mailbox"}),
        ("who can send as", 3, {"Add-RecipientPermission"}),
        ("message trace", 3, {"Get-MessageTraceV2"}),
        ("mbx perm", 3, {"Get-MailboxPermission", "Add-MailboxPermission"}),
        ("acepted domian", 1, {"Get-AcceptedDomain"}),
        ("the mailbox permission", 2, {"Get-MailboxPermission"}),
    ],
)
def test_finds_by_vague_memory(text: str, first: int, expected: set[str]) -> None:
    assert expected <= set(names(text, first)), names(text, first)


@pytest.mark.parametrize(
    ("text", "parameter"),
    [("litigation", "LitigationHoldEnabled"), ("add alias", "EmailAddresses"), ("forwarding", "ForwardingSmtpAddress")],
)
def test_says_which_parameter_was_meant(text: str, parameter: str) -> None:
    found = {match.cmdlet.name: match.matched for match in search(text)}
    assert parameter in found["Set-Mailbox"]


def test_an_exact_parameter_word_beats_a_name_that_is_only_like_it() -> None:
    found = search("preference", limit=1000)
    exact = [m.score for m in found if any("Preference" in name for name in m.cmdlet.parameters)]
    alike = [m.score for m in found if "Reference" in m.cmdlet.name and "Preference" not in str(m.cmdlet.parameters)]
    assert exact
    assert alike
    assert min(exact) > max(alike)


def test_a_plural_is_not_a_misspelling() -> None:
    assert names("quarantine messages", 1) == ["Get-QuarantineMessage"]
    assert all("Connector" in name for name in names("connectors", 8))


def test_the_words_of_a_synonym_are_taken_as_they_stand() -> None:
    assert "Set-OwaMailboxPolicy" not in names("litigation", 50)


def test_words_that_tell_nothing_alone_still_find() -> None:
    assert names("in", 5)


def test_every_synonym_is_a_word_of_the_catalogue() -> None:
    vocabulary = set(index()[1])
    assert {word for texts in PHRASES.values() for text in texts for word in text.split()} <= vocabulary


def test_every_phrase_is_answered_quickly() -> None:
    search("warm up")
    spent = []
    for phrase in [*PHRASES, "who has access to a mailbox", "message trace full access automatic reply mail flow rule"]:
        start = time.process_time()
        search(phrase)
        spent.append(time.process_time() - start)
    print(f"{max(spent) * 1000:.0f} ms at most (limit 100 ms)")
    assert max(spent) < 0.1


def test_every_phrase_is_answered() -> None:
    assert [phrase for phrase in PHRASES if not search(phrase)] == []
