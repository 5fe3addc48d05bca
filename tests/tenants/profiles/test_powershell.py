"""Every connection profile stands for PowerShell that the documented cmdlets really take."""

import json
from collections.abc import Iterator
from itertools import product

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from jobs.catalogue.cmdlets import find
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.profiles.facts import ProfileFacts
from tenants.profiles.methods import Delegation, Method
from tenants.profiles.powershell import script
from tests.live import ROOT

PARSER = Parser(Language(tree_sitter_powershell.language()))
DOCUMENTED = json.loads((ROOT / "jobs" / "catalogue" / "data" / "connect.json").read_text())["cmdlets"]
OPEN_ENVIRONMENTS = sorted(name for name, environment in ENVIRONMENTS.items() if not environment.closed)
DOMAIN = "o'neil’s.onmicrosoft.com"


def facts_of(method: Method, delegation: Delegation) -> ProfileFacts:
    """Return facts of a profile with everything filled in that its method can have."""
    return ProfileFacts(
        id="1",
        name="x",
        method=method,
        delegation=delegation,
        application_id="11111111-1111-1111-1111-111111111111" if method.is_by_certificate else "",
        thumbprint="A" * 40 if method.is_by_certificate else "",
        user_principal_name="tess@partner.example" if method.may_be_delegated else "",
        managed_identity="22222222-2222" if method is Method.MANAGED_IDENTITY_USER else "",
    )


def every_profile() -> Iterator[ProfileFacts]:
    for method in Method:
        delegations = list(Delegation) if method.may_be_delegated else [Delegation.NONE]
        for delegation in delegations:
            if method is not Method.DELEGATED or delegation:
                yield facts_of(method, delegation)


def commands(node: Node) -> Iterator[tuple[str, list[str]]]:
    """Return the name of each command with its parameters as they are written, without dash and colon."""
    if node.type == "command":
        texts = [(child.text or b"").decode() for child in walk(node) if child.type == "command_parameter"]
        name = node.child_by_field_name("command_name")
        yield (name.text or b"").decode() if name else "", [text.strip("-:") for text in texts]
    for child in node.children:
        yield from commands(child)


def walk(node: Node) -> Iterator[Node]:
    """Return every node of a command, without those of commands inside it."""
    for child in node.children:
        yield child
        if child.type != "command":
            yield from walk(child)


CASES = list(product(every_profile(), ("exo", "scc"), OPEN_ENVIRONMENTS))


@pytest.mark.parametrize(
    ("facts", "service", "environment"),
    CASES,
    ids=[f"{f.method}-{f.delegation or 'own'}-{s}-{e}" for f, s, e in CASES],
)
def test_every_profile_gives_whole_and_documented_powershell(
    facts: ProfileFacts, service: str, environment: str
) -> None:
    text = script(facts, service=service, environment=environment, domain=DOMAIN)
    tree = PARSER.parse(text.encode())
    assert not tree.root_node.has_error, text

    found = dict(commands(tree.root_node))
    connecting = "Connect-IPPSSession" if service == "scc" else "Connect-ExchangeOnline"
    assert set(found) >= {connecting, "Disconnect-ExchangeOnline"}
    carried_out = text.partition("try {\n")[2].partition("\n}")[0].strip()
    assert service in find(carried_out).services
    for name in (connecting, "Disconnect-ExchangeOnline"):
        known = DOCUMENTED[name]["parameters"]
        assert set(found[name]) <= set(known), text
        for parameter in found[name]:
            assert not known[parameter].get("deprecated")
            assert not set(known[parameter].get("conflicts_with", ())) & set(found[name])
            assert set(known[parameter].get("needs_all_of", ())) <= set(found[name])
    assert found["Disconnect-ExchangeOnline"] == ["Confirm"]
    assert "finally {\n    Disconnect-ExchangeOnline -Confirm:$false\n}" in text
    assert "\nConnect-" in f"\n{text.split('try {')[0]}"


@pytest.mark.parametrize(
    ("method", "delegation", "service", "expected"),
    [
        (Method.INTERACTIVE, "", "exo", "Connect-ExchangeOnline -UserPrincipalName 'tess@partner.example'"),
        (
            Method.DELEGATED,
            "gdap",
            "exo",
            "-UserPrincipalName 'tess@partner.example' -DelegatedOrganization 'contoso.onmicrosoft.com'",
        ),
        (Method.DEVICE, "", "exo", "Connect-ExchangeOnline -Device"),
        (Method.INLINE_CREDENTIAL, "", "exo", "Connect-ExchangeOnline -InlineCredential"),
        (Method.CREDENTIAL, "", "scc", "Connect-IPPSSession -Credential $credential"),
        (Method.MANAGED_IDENTITY_SYSTEM, "", "exo", "-ManagedIdentity -Organization 'contoso.onmicrosoft.com'"),
        (Method.MANAGED_IDENTITY_USER, "", "exo", "-ManagedIdentityAccountId '22222222-2222' -Organization"),
        (Method.ACCESS_TOKEN, "", "scc", "Connect-IPPSSession -AccessToken $accessToken -Organization"),
        (
            Method.APP_CERTIFICATE_FILE,
            "",
            "exo",
            "-CertificateFilePath '<certificate file>.pfx' -CertificatePassword (",
        ),
        (Method.APP_CERTIFICATE_OBJECT, "", "exo", "-Certificate $certificate -Organization"),
    ],
)
def test_each_method_is_told_by_its_own_parameters(
    method: Method, delegation: str, service: str, expected: str
) -> None:
    text = script(
        facts_of(method, Delegation(delegation)),
        service=service,
        environment="O365Default",
        domain="contoso.onmicrosoft.com",
    )
    assert expected in text


def test_each_cloud_is_named_as_the_service_documents_it() -> None:
    facts = facts_of(Method.APP_CERTIFICATE_THUMBPRINT, Delegation.NONE)
    exchange = script(facts, service="exo", environment="O365USGovDoD", domain="a.onmicrosoft.us")
    compliance = script(facts, service="scc", environment="O365USGovDoD", domain="a.onmicrosoft.us")
    assert "-ExchangeEnvironmentName O365USGovDoD" in exchange
    assert "-ConnectionUri 'https://l5.ps.compliance.protection.office365.us/powershell-liveid/'" in compliance
    assert "-AzureADAuthorizationEndpointUri 'https://login.microsoftonline.us/organizations'" in compliance


def test_a_name_with_quotes_stays_one_text() -> None:
    facts = facts_of(Method.MANAGED_IDENTITY_SYSTEM, Delegation.NONE)
    text = script(facts, service="exo", environment="O365Default", domain="a'; Remove-Mailbox x; '")
    assert "-Organization 'a''; Remove-Mailbox x; '''" in text
    assert "Remove-Mailbox" not in dict(commands(PARSER.parse(text.encode()).root_node))
