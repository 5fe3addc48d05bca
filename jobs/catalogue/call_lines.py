"""Check calls written as JSON lines, one object a line, without running them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from jobs.catalogue.problems import InvalidCall, Problem
from jobs.catalogue.validation import validate, validate_names


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one line; no problems means that the call may be sent."""

    problems: list[Problem]

    @property
    def ok(self) -> bool:
        """Whether the call may be sent."""
        return not self.problems

    def as_json(self) -> str:
        """Return the verdict as one line of JSON."""
        return json.dumps({"ok": self.ok, "problems": [_plain(problem) for problem in self.problems]})


def _plain(problem: Problem) -> dict[str, str | None]:
    return {name: value for name, value in asdict(problem).items() if name != "step"}


def check_lines(lines: Iterable[bytes], *, app_only: bool) -> Iterator[Verdict]:
    """Yield one verdict per line that is not blank. A line that cannot be read is a problem of that line."""
    for line in lines:
        if line.strip():
            yield Verdict(_problems(line, app_only=app_only))


def _problems(line: bytes, *, app_only: bool) -> list[Problem]:
    try:
        call = json.loads(line.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_not_json)
    except (ValueError, RecursionError) as error:
        return [Problem(None, f"The line is not valid JSON: {error}.")]
    if not isinstance(call, dict):
        return [Problem(None, 'The line must be a JSON object such as {"cmdlet": "Get-Mailbox", "parameters": {}}.')]
    try:
        _check(call, app_only=app_only)
    except InvalidCall as invalid:
        return invalid.problems
    return []


def _check(call: dict[str, object], *, app_only: bool) -> None:
    unknown = call.keys() - {"cmdlet", "parameters", "service", "piped"}
    if unknown:
        expected = '"cmdlet", "parameters" and optionally "service" and "piped"'
        raise InvalidCall([Problem(None, f"The line has the key {min(unknown)!r}; expected {expected}.")])
    parameters = call.get("parameters", {})
    service = call.get("service")
    if service is not None and not isinstance(service, str):
        raise InvalidCall([Problem(None, "The service must be text.", "Use exo, scc or eop.")])
    if isinstance(parameters, list):
        validate_names(
            call.get("cmdlet"), parameters, service=service, app_only=app_only, piped=call.get("piped") is True
        )
    elif isinstance(parameters, dict):
        validate(call.get("cmdlet"), parameters, service=service, app_only=app_only)
    else:
        raise InvalidCall([Problem(None, "The parameters must be an object of values or a list of names.")])


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build a JSON object; a key given twice would silently lose a value."""
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # adds
        raise ValueError(f"{twice[:80]!r} is given twice")
    return result


def _not_json(constant: str) -> object:
    raise ValueError(f"{constant} is not a JSON number")
