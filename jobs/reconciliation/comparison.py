"""Whether a value that was sent is the value that is there now: Exchange shows many in another form than it took."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from jobs.catalogue.cmdlets import Parameter
from jobs.catalogue.kinds import Kind
from jobs.reconciliation.amounts import bytes_in, moment_in, number_in, seconds_in
from jobs.reconciliation.identities import are_paths, forms


class Match(StrEnum):
    """How a found value stands to the wanted one; unclear where both may mean the same in different forms."""

    SAME = "same"
    DIFFERS = "differs"
    UNCLEAR = "unclear"


_TRUTHS = {"true": True, "$true": True, "false": False, "$false": False}
_FILTERS = frozenset({"ContentFilter", "Filter", "OPathFilter", "RecipientFilter", "RecipientRestrictionFilter"})
_TAGS = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[A-Za-z]\w*")
# Lists of texts in which Exchange keeps objects, and shows them by another name than they were given.
_OF_OBJECTS = re.compile(r"(To|By|From|Members|Recipients|Users|Groups|Mailboxes|Delegates|Exception)$")


def compare(parameter: Parameter, wanted: Any, found: Any) -> Match:
    """Compare an encoded value, as it was sent for `parameter`, with the property as a reader shows it."""
    if _is_empty(wanted):
        return Match.SAME if _is_empty(found) else Match.DIFFERS
    if isinstance(wanted, Mapping):
        return _changed(parameter, wanted, found)
    if _is_empty(found):
        return Match.SAME if parameter.kind is Kind.ENUM and wanted == "None" else Match.DIFFERS
    if isinstance(wanted, list):
        return _alike(parameter, wanted, _items(found))
    if isinstance(found, list) and (parameter.multivalued or len(found) == 1):
        return _alike(parameter, [wanted], found)
    return compare_one(parameter, wanted, found)


def compare_one(parameter: Parameter, wanted: Any, found: Any) -> Match:
    """Compare two single values, neither of them empty."""
    if isinstance(found, list | Mapping) or isinstance(wanted, list | Mapping):
        return Match.SAME if wanted == found else Match.UNCLEAR
    if parameter.name in _FILTERS:
        return _filters(str(wanted), str(found))
    return _comparer(parameter)(str(wanted).strip(), str(found).strip())


def _comparer(parameter: Parameter) -> Callable[[str, str], Match]:
    if _keeps_addresses(parameter):
        return _proxy
    if parameter.kind is Kind.STRING and parameter.multivalued:
        return _identity if _OF_OBJECTS.search(parameter.name) else _caseless
    return _BY_KIND.get(parameter.kind, _undescribed)


def _keeps_addresses(parameter: Parameter) -> bool:
    return parameter.kind is Kind.PROXY_ADDRESS or parameter.type == "ProxyAddressCollection"


def _is_empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not value.keys() - {"@odata.type"}
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _items(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _changed(parameter: Parameter, change: Mapping[str, Any], found: Any) -> Match:
    """Compare after @{Add=…; Remove=…}: what was added is there, what was removed is not."""
    parts = {key.lower(): _items(value) for key, value in change.items() if key != "@odata.type"}
    if parts.keys() - {"add", "remove"}:
        return Match.SAME if {**change, "@odata.type": ""} == _tagless(found) else Match.UNCLEAR
    there = [] if _is_empty(found) else _items(found)
    added = [_held(parameter, each, there) for each in parts.get("add", ())]
    removed = [_OPPOSITE[_held(parameter, each, there)] for each in parts.get("remove", ())]
    return _all([*added, *removed])


def _tagless(found: Any) -> Any:
    return {**found, "@odata.type": ""} if isinstance(found, Mapping) else found


_OPPOSITE = {Match.SAME: Match.DIFFERS, Match.DIFFERS: Match.SAME, Match.UNCLEAR: Match.UNCLEAR}


def _alike(parameter: Parameter, wanted: Sequence[Any], found: Sequence[Any]) -> Match:
    """Compare two lists whose order means nothing."""
    if _keeps_addresses(parameter):
        found = [each for each in found if not _is_servers_own(each, wanted)]
    back = [_all_of_one(compare_one(parameter, each, there) for each in wanted) for there in found]
    return _all([*(_held(parameter, each, found) for each in wanted), *back])


def _held(parameter: Parameter, item: Any, found: Sequence[Any]) -> Match:
    return _all_of_one(compare_one(parameter, item, each) for each in found)


def _all_of_one(matches: Any) -> Match:
    """Return the best of several comparisons with one value."""
    found = set(matches)
    return next((each for each in (Match.SAME, Match.UNCLEAR) if each in found), Match.DIFFERS)


def _all(matches: Sequence[Match]) -> Match:
    return next((each for each in (Match.DIFFERS, Match.UNCLEAR) if each in matches), Match.SAME)


def _is_servers_own(address: Any, wanted: Sequence[Any]) -> bool:
    """Whether Exchange keeps an address beside the ones that are set: its own routing addresses, and other kinds."""
    text = str(address).lower()
    if text in {str(each).lower() for each in wanted}:
        return False
    return not text.startswith("smtp:") or text.endswith(".onmicrosoft.com")


def _text(wanted: str, found: str) -> Match:
    wanted, found = wanted.replace("\r\n", "\n"), found.replace("\r\n", "\n")
    if wanted == found or wanted == _TAGS.sub("", found).strip():
        return Match.SAME
    return Match.UNCLEAR if wanted.casefold() == found.casefold() else Match.DIFFERS


def _word(wanted: str, found: str) -> Match:
    """Compare tokens, or several joined by commas; one in words and one as a number may be the same."""
    mine, theirs = _tokens(wanted), _tokens(found)
    if mine == theirs:
        return Match.SAME
    return Match.DIFFERS if _are_words(mine) == _are_words(theirs) else Match.UNCLEAR


def _tokens(text: str) -> set[str]:
    return {token.strip().lower() for token in text.split(",")}


def _are_words(tokens: set[str]) -> bool:
    return all(_WORD.fullmatch(token) for token in tokens)


def _truth(wanted: str, found: str) -> Match:
    mine, theirs = _TRUTHS.get(wanted.lower()), _TRUTHS.get(found.lower())
    if theirs is None:
        return Match.UNCLEAR
    return Match.SAME if mine == theirs else Match.DIFFERS


def _identity(wanted: str, found: str) -> Match:
    if forms(wanted) & forms(found):
        return Match.SAME
    return Match.DIFFERS if are_paths(wanted, found) else Match.UNCLEAR


def _caseless(wanted: str, found: str) -> Match:
    return Match.SAME if wanted.casefold().rstrip("/") == found.casefold().rstrip("/") else Match.DIFFERS


def _guid(wanted: str, found: str) -> Match:
    return _caseless(wanted.strip("{}"), found.strip("{}"))


def _address(wanted: str, found: str) -> Match:
    return _caseless(wanted.lower().removeprefix("smtp:"), found.lower().removeprefix("smtp:"))


def _proxy(wanted: str, found: str) -> Match:
    """Compare proxy addresses; the capitals of SMTP: say which one is the primary."""
    return Match.SAME if _prefixed(wanted) == _prefixed(found) else Match.DIFFERS


def _prefixed(address: str) -> tuple[str, str]:
    prefix, colon, rest = address.partition(":")
    return (prefix, rest.lower()) if colon else ("smtp", address.lower())


def _measured(measure: Callable[[str], float | None], *, within: float = 0.0) -> Callable[[str, str], Match]:
    def compared(wanted: str, found: str) -> Match:
        mine, theirs = measure(wanted), measure(found)
        if mine is None or theirs is None:
            return Match.SAME if wanted.lower() == found.lower() else Match.UNCLEAR
        if mine == theirs or abs(mine - theirs) <= within:
            return Match.SAME
        return Match.DIFFERS

    return compared


def _filters(wanted: str, found: str) -> Match:
    """Compare filters: the server adds brackets, and conditions of its own."""
    mine, theirs = (re.sub(r"[\s()]", "", text).lower() for text in (wanted, found))
    return Match.SAME if mine == theirs else Match.UNCLEAR


def _undescribed(wanted: str, found: str) -> Match:
    mine, theirs = number_in(wanted), number_in(found)
    if wanted.lower() == found.lower() or (mine is not None and mine == theirs):
        return Match.SAME
    return Match.UNCLEAR


_BY_KIND: Mapping[Kind, Callable[[str, str], Match]] = {
    Kind.ADDRESS: _address,
    Kind.ADDRESS_RANGE: _caseless,
    Kind.BOOL: _truth,
    Kind.CULTURE: _caseless,
    Kind.DATETIME: _measured(moment_in, within=1.0),
    Kind.DOMAIN: _caseless,
    Kind.ENUM: _word,
    Kind.GUID: _guid,
    Kind.IDENTITY: _identity,
    Kind.INT: _measured(number_in),
    Kind.NUMBER: _measured(number_in),
    Kind.PROXY_ADDRESS: _proxy,
    Kind.SIZE: _measured(bytes_in),
    Kind.STRING: _text,
    Kind.SWITCH: _truth,
    Kind.TIMESPAN: _measured(seconds_in),
    Kind.UNLIMITED: _measured(bytes_in),
    Kind.URI: _caseless,
}
