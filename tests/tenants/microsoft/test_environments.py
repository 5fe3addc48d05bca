from dataclasses import fields

import pytest
from django.conf import settings

from tenants.microsoft.environments import (
    ENVIRONMENTS,
    Environment,
    EnvironmentRefused,
    detect,
    require_open,
    with_base_urls,
)


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


def test_the_settings_name_every_environment_and_each_of_its_addresses() -> None:
    assert tuple(ENVIRONMENTS) == settings.ENVIRONMENTS
    assert set(settings.ADDRESSES) <= {field.name for field in fields(Environment)}


def test_a_chinese_tenant_is_known_by_the_login_host_that_describes_it() -> None:
    document = {"issuer": "https://localhost:4443/x/v2.0", "tenant_region_scope": "WW"}
    assert detect(document) == "O365Default"
    assert detect(document, chinese_login_url="https://localhost:4443") == "O365China"


@pytest.mark.parametrize(
    ("name", "says"), [("O365GermanyCloud", "closed this cloud"), ("O365Mars", "is no environment")]
)
def test_a_closed_or_unknown_environment_is_refused_with_those_that_are_open(name: str, says: str) -> None:
    with pytest.raises(EnvironmentRefused, match=says) as refusal:
        require_open(name)
    assert "O365USGovDoD" in str(refusal.value)
