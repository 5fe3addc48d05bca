"""The README's table of every way in says what the tests carry out, no more and no less."""

from tenants.profiles.methods import Delegation, Method
from tests.connections import test_every_way_in
from tests.connections.ways import OPEN, every_way
from tests.live import ROOT

METHODS = {
    "App-only: certificate thumbprint": {Method.APP_CERTIFICATE_THUMBPRINT},
    "App-only: certificate file and password": {Method.APP_CERTIFICATE_FILE},
    "App-only: certificate object": {Method.APP_CERTIFICATE_OBJECT},
    "Delegated": {Method.DELEGATED},
    "Interactive sign-in": {Method.INTERACTIVE},
    "Device code": {Method.DEVICE},
    "User name and password": {Method.CREDENTIAL, Method.INLINE_CREDENTIAL},
    "Managed identity, system-assigned": {Method.MANAGED_IDENTITY_SYSTEM},
    "Managed identity, user-assigned": {Method.MANAGED_IDENTITY_USER},
    "Access token handed in": {Method.ACCESS_TOKEN},
}
RIGHTS = {"GDAP": Delegation.GDAP, "CSP": Delegation.CSP, "guest": Delegation.GUEST}
PLACES = {"all": set(OPEN), "all but O365China": set(OPEN) - {"O365China"}, "O365Default": {"O365Default"}}


def rows() -> list[list[str]]:
    """The cells of each row of the table."""
    section = (ROOT / "README.md").read_text().partition("## Every way in")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def promised() -> set[tuple[Method, Delegation, str, str]]:
    """Every combination that the table names: method, right, service, environment."""
    found = set()
    for method, stands_for, exchange, compliance, _ in rows():
        called = next(name for name in sorted(METHODS, key=len, reverse=True) if method.startswith(name))
        methods = METHODS[called]
        if len(methods) > 1:
            named = {Method.CREDENTIAL: "`-Credential`", Method.INLINE_CREDENTIAL: "`-InlineCredential`"}
            methods = {each for each in methods if named[each] in stands_for}
        rights = {right for word, right in RIGHTS.items() if word in method} or {Delegation.NONE}
        for service, places in (("exo", exchange), ("scc", compliance)):
            found |= {(each, right, service, place) for each in methods for right in rights for place in PLACES[places]}
    return found


def test_the_table_names_exactly_what_is_carried_out() -> None:
    carried_out = {(way.method, way.delegation, way.service, way.environment) for way in every_way()}
    assert promised() == carried_out


def test_every_row_names_a_test_that_exists() -> None:
    assert all(hasattr(test_every_way_in, row[-1].strip("`")) for row in rows())
