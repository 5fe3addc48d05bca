from collections.abc import Callable
from dataclasses import astuple
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from tenants.capabilities.selectors import count_offering
from tests.factories import SYSTEM, make_app_registration, make_capabilities, make_organizations, make_profile

pytestmark = pytest.mark.django_db


def test_counts_who_offers_a_cmdlet_who_does_not_and_who_was_not_tested() -> None:
    partner = make_app_registration().partner
    places = make_organizations(7, partner=partner)
    make_capabilities(places[:2], "Get-Mailbox", "Set-Mailbox")
    make_capabilities(places[2:5], "Get-Mailbox")
    make_capabilities(places[4:5], "set-mailbox", profile=make_profile(partner))
    make_capabilities(places[5:6], "Set-Mailbox", outdated_at=timezone.now())
    assert astuple(count_offering(SYSTEM, service="exo", cmdlet="Set-Mailbox")) == (3, 2, 2)
    assert astuple(count_offering(SYSTEM, service="scc", cmdlet="Set-Mailbox")) == (0, 0, 7)


def test_each_number_of_the_cmdlet_page_leads_to_as_many_organizations(
    signed_in: Callable[[User], Client], technician: User
) -> None:
    browser = signed_in(technician)
    places = make_organizations(6, partner=make_app_registration().partner)
    make_capabilities(places[:3], "Set-Mailbox")
    make_capabilities(places[3:5], "Get-Mailbox")
    [(service, lines)] = browser.get("/cmdlets/Set-Mailbox/").context["offers"]
    assert service == "Exchange Online"
    assert [line.number for line in lines] == [3, 2, 1]
    for line in lines:
        assert browser.get(line.url).context["matching"] == line.number


@pytest.mark.parametrize("value", ["maybe:exo:Set-Mailbox", "yes:exo", "yes:eop:Set-Mailbox", "yes:exo:x'; drop", ""])
def test_nonsense_in_the_address_is_said_and_changes_nothing(
    signed_in: Callable[[User], Client], technician: User, value: str
) -> None:
    make_organizations(2)
    page = signed_in(technician).get(f"/organizations/?{urlencode({'may_run': value})}")
    assert page.context["matching"] == 2
    assert bool(page.context["ignored"]) is bool(value)
