import pytest

from tenants.microsoft.environments import ENVIRONMENTS, detect, with_base_urls


def test_every_exchange_environment_name_is_known() -> None:
    assert set(ENVIRONMENTS) == {"O365Default", "O365USGovGCCHigh", "O365USGovDoD", "O365China", "O365GermanyCloud"}
    assert [name for name, environment in ENVIRONMENTS.items() if environment.closed] == ["O365GermanyCloud"]
    assert [name for name, environment in ENVIRONMENTS.items() if environment.has_gdap] == ["O365Default"]


def test_host_and_audience_differ_in_china() -> None:
    china = ENVIRONMENTS["O365China"]

    assert (china.exchange_url, china.exchange_scope) == (
        "https://outlook.office365.cn",
        "https://partner.outlook.cn/.default",
    )


def test_overrides_change_addresses_and_never_audiences() -> None:
    known = ENVIRONMENTS["O365Default"]

    changed = with_base_urls(known, login_url="https://localhost:1/", exchange_url="https://localhost:2")

    assert (changed.login_url, changed.exchange_url) == ("https://localhost:1", "https://localhost:2")
    assert changed.exchange_scope == known.exchange_scope
    assert changed.allowed_hosts - known.allowed_hosts == {"localhost:2"}


@pytest.mark.parametrize(
    ("configuration", "name"),
    [
        ({"tenant_region_scope": "WW"}, "O365Default"),
        ({"tenant_region_scope": "WW", "tenant_region_sub_scope": "GCC"}, "O365Default"),
        ({"tenant_region_scope": "USGov"}, "O365USGovGCCHigh"),
        ({"tenant_region_scope": "USG"}, "O365USGovGCCHigh"),
        ({"tenant_region_scope": "DOD"}, "O365USGovDoD"),
        ({"tenant_region_scope": "USGov", "tenant_region_sub_scope": "DOD"}, "O365USGovDoD"),
        ({"issuer": "https://login.partner.microsoftonline.cn/x/v2.0"}, "O365China"),
        ({}, "O365Default"),
    ],
)
def test_detects_the_cloud_from_the_configuration_not_from_the_host(configuration: dict[str, str], name: str) -> None:
    issuer = {"issuer": "https://login.microsoftonline.com/x/v2.0"}
    assert detect(issuer | configuration) == name
