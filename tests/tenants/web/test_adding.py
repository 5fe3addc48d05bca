"""The pages that add organizations by hand and make the partner's own organization a target."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tests.live import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "/organizations/add/"


@pytest.fixture
def browser(administrator: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(administrator)


def listed(sandbox: Sandbox, cloud: str) -> dict[str, Any]:
    return next(o for o in sandbox.control("GET", "organizations") if o["cloud"] == cloud and not o["trouble"])


def test_what_is_found_is_shown_first_and_added_after_a_second_yes(
    sandbox: Sandbox, partner: Partner, browser: Client
) -> None:
    here, there = listed(sandbox, "O365Default"), listed(sandbox, "O365China")
    typed = {"partner": str(partner.pk), "organizations": f"{here['default_domain']}\n{there['default_domain']}"}
    answer = browser.post(ADD, typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert here["tenant_id"] in page
    assert "China (21Vianet)" in page
    assert there["default_domain"] in page
    assert not Organization.objects.exists()

    only_good = {"partner": str(partner.pk), "organizations": f"{here['default_domain']}, ", "confirmed": "yes"}
    answer = browser.post(ADD, only_good, follow=True)
    assert answer.redirect_chain == [("/organizations/", 303)]
    assert "1 organization of" in answer.content.decode()
    assert str(Organization.objects.get().tenant_id) == here["tenant_id"]


@pytest.mark.parametrize("typed", ["", " \n ", "\n".join(f"c{n}.example" for n in range(31)), "contoso\0"])
def test_nonsense_keeps_what_was_typed(partner: Partner, browser: Client, typed: str) -> None:
    answer = browser.post(ADD, {"partner": str(partner.pk), "organizations": typed})
    assert answer.status_code == 422
    assert not Organization.objects.exists()


def test_without_a_partner_the_first_step_is_shown(browser: Client) -> None:
    assert "Connect a partner" in browser.get(ADD).content.decode()


def test_the_partners_own_organization_is_marked_where_it_is_a_target(partner: Partner, browser: Client) -> None:
    address = reverse("tenants:partner-target", args=[partner.pk])
    assert "run in it too" in browser.get(address).content.decode()
    assert not Organization.objects.exists()
    assert browser.post(address, {"target": "yes"}).status_code == 303
    assert "Partner's own organization" in browser.get("/organizations/").content.decode()
    assert "A target:" in browser.get("/app-registrations/").content.decode()
    assert browser.post(address, {"target": "no"}).status_code == 303
    assert not Organization.objects.served().exists()
