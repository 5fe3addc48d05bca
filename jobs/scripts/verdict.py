"""What a script does, in sentences: for the report on it."""

from collections import Counter

from jobs.scripts.connections import ScriptConnection, Way
from jobs.scripts.report import Report

NEVER = "57 % of the scripts we scanned never do, 6 % do so in finally"
"""What a scan of 689 public scripts that connect to Exchange Online found."""

_WAYS = {
    Way.INTERACTIVE: "with an interactive sign-in",
    Way.DEVICE: "with a device code",
    Way.CREDENTIAL: "with a user name and password (discouraged: it fails as soon as a second factor is asked for)",
    Way.INLINE_CREDENTIAL: "with a user name and password typed in (discouraged)",
    Way.CERTIFICATE_THUMBPRINT: "as an application, with a certificate named by its thumbprint",
    Way.CERTIFICATE_FILE: "as an application, with a certificate file",
    Way.CERTIFICATE_OBJECT: "as an application, with a certificate object",
    Way.MANAGED_IDENTITY_SYSTEM: "with the managed identity of its machine",
    Way.MANAGED_IDENTITY_USER: "with a user-assigned managed identity",
    Way.ACCESS_TOKEN: "with an access token handed in",
    Way.LEGACY_BASIC: "with a stored password (legacy)",
    Way.LEGACY_OAUTH_TOKEN: "with a token in the place of a password (legacy)",
    Way.UNKNOWN: "in a way that only running it would tell",
}
_NUMBERS = {1: "once", 2: "twice"}


def verdict(report: Report) -> list[str]:
    """Return what to know of a script first, the most important sentence first."""
    if report.is_given_up:
        return ["Reading this script took too long, so nothing is known of it. Split it, or leave out its data."]
    sentences = [_connections(report), *_legacy(report), _cmdlets(report)]
    if report.secret_lines:
        lines = lines_in_words(report.secret_lines)
        sentences.append(f"A password or key stands in {lines}: it was not kept, and is not shown; change it.")
    if report.uncertain_lines:
        lines = lines_in_words(report.uncertain_lines)
        sentences.append(f"{lines.capitalize()} could not be read for certain: look at what is said of them.")
    return sentences


def way_in_words(connection: ScriptConnection) -> str:
    """Return by which method a connection is made."""
    return _WAYS[connection.method]


def lines_in_words(lines: list[int]) -> str:
    """Return line numbers as words: line 4, lines 4 and 5, lines 4, 5 and 12 more."""
    if len(lines) == 1:
        return f"line {lines[0]}"
    shown = [str(line) for line in lines[:8]]
    if len(lines) > len(shown):
        return f"lines {', '.join(shown)} and {len(lines) - len(shown):,} more"
    return f"lines {', '.join(shown[:-1])} and {shown[-1]}"


def _connections(report: Report) -> str:
    if not report.connections:
        return "This script makes no connection to Exchange Online: another script or a person connects before it."
    number = len(report.connections)
    times = _NUMBERS.get(number, f"{number} times")
    ways = list(dict.fromkeys(way_in_words(connection) for connection in report.connections))
    listed = ", and ".join(ways[:3]) + (", and in other ways" if len(ways) > len(ways[:3]) else "")
    return f"This script connects {times}, {listed}, and {_closing(report)}"


def _closing(report: Report) -> str:
    if report.disconnects_on_every_path:
        return "disconnects on every path: in finally, as 6 % of the scripts we scanned do."
    if report.disconnects:
        return "disconnects, but not on every path: after an error the connection stays open."
    return f"never disconnects: {NEVER}."


def _legacy(report: Report) -> list[str]:
    if not report.legacy:
        return []
    what = Counter(legacy.what for legacy in report.legacy)
    listed = "; ".join(what)
    return [f"It no longer works as it stands: {listed}."]


def _cmdlets(report: Report) -> str:
    number = len(report.cmdlets)
    if not number:
        return "It runs no cmdlet of Exchange."
    faulty = sum(1 for cmdlet in report.cmdlets if cmdlet.problems)
    names = len({cmdlet.name for cmdlet in report.cmdlets})
    calls = "one cmdlet" if number == 1 else f"{names:,} different cmdlets in {number:,} places"
    if number == 1:
        return f"It runs {calls}, {'with problems' if faulty else 'which is sound'}."
    have = "one of these calls has problems" if faulty == 1 else f"{faulty:,} of these calls have problems"
    return f"It runs {calls}; {have if faulty else 'all of them are sound'}."
