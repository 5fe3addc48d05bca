import pytest

from jobs.exchange.routing import is_allowed, names_tenant, redirect_target
from tenants.microsoft.environments import ENVIRONMENTS
from tests.jobs.exchange.server import OTHER_TENANT, TENANT

HOSTS = ENVIRONMENTS["O365Default"].allowed_hosts | {"localhost:8443"}


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://outlook.office365.com/x", True),
        ("https://OUTLOOK.office365.com:443/x", True),
        ("https://nam10b.ps.compliance.protection.outlook.com/x", True),
        ("https://nam10b.admin.protection.outlook.com/x", True),
        ("https://localhost:8443/x", True),
        ("https://localhost/x", False),
        ("https://outlook.office365.com:8443/x", False),
        ("http://outlook.office365.com/x", False),
        ("https://evil-outlook.office365.com.example/x", False),
        ("https://eviladmin.protection.outlook.com/x", False),
        ("https://outlook.office365.com@evil.example/x", False),
        ("https://evil.example#@outlook.office365.com/x", False),
        ("https://user@outlook.office365.com/x", False),
        ("https://outlook.office365.com:99999/x", False),
        ("https://[::1/x", False),
        ("https://outlook.office365.com:0/x", False),
        ("https://evil.example\\.admin.protection.outlook.com/x", False),
        ("https://evil.example%2f.admin.protection.outlook.com/x", False),
        ("https://outlook.office365.com/x\t", False),
        ("//outlook.office365.com/x", False),
        ("", False),
    ],
)
def test_a_bearer_goes_only_to_listed_hosts(url: str, allowed: bool) -> None:
    assert is_allowed(url, HOSTS) is allowed


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (f"/adminapi/beta/{TENANT}/InvokeCommand", True),
        (f"/AdminApi/v1.0/{TENANT.upper()}/EXOModuleFile", True),
        (f"/adminapi/beta/{OTHER_TENANT}/InvokeCommand", False),
        (f"/adminapi/beta/{OTHER_TENANT}/{TENANT}", False),
        (f"/adminapi/{TENANT}", False),
        (f"/x/{TENANT}/", False),
    ],
)
def test_the_address_names_the_tenant(path: str, named: bool) -> None:
    assert names_tenant(f"https://outlook.office365.com{path}", TENANT) is named


@pytest.mark.parametrize(
    ("location", "is_compliance", "target"),
    [
        (
            "https://nam10b.admin.protection.outlook.com:446/p?q=1",
            False,
            "https://nam10b.admin.protection.outlook.com/p?q=1",
        ),
        (
            "https://nam10b.admin.protection.outlook.com:446/p",
            True,
            "https://nam10b.ps.compliance.protection.outlook.com/p",
        ),
        ("/elsewhere", False, "https://ps.compliance.protection.outlook.com/elsewhere"),
        ("https://127.0.0.1:8443/p", True, "https://127.0.0.1:8443/p"),
    ],
)
def test_where_a_redirect_really_leads(location: str, is_compliance: bool, target: str) -> None:
    base = "https://ps.compliance.protection.outlook.com"
    assert redirect_target(location, current_url=base + "/now", base_url=base, is_compliance=is_compliance) == target
