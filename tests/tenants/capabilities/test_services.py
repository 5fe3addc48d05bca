"""What connections show of capabilities while connection tests read them anew."""

from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone

from tenants.capabilities import services
from tenants.capabilities.models import Capabilities
from tenants.capabilities.services import Glimpse, Reading, note_capabilities, note_glimpses
from tenants.capabilities.sets import Names, lower_names
from tests.factories import SYSTEM, make_app_registration, make_capabilities, make_organizations


def glimpse_of(kept: Capabilities, cmdlet: str) -> Glimpse:
    return Glimpse(kept.organization_id, kept.profile_id, kept.service, cmdlet, is_offered=True)


def read_anew(kept: Capabilities, *names: str) -> None:
    reading = Reading(
        organization_id=kept.organization_id,
        organization_name=str(kept.organization),
        profile_id=kept.profile_id,
        profile_name=str(kept.profile),
        service=kept.service,
        identity=kept.identity,
        run_id=kept.run_id,
        read_at=timezone.now(),
        names=Names.of(names),
    )
    note_capabilities(actor=SYSTEM, readings=[reading])


@pytest.fixture
def kept(db: None) -> Capabilities:
    places = make_organizations(1, partner=make_app_registration().partner)
    return make_capabilities(places, "Get-Mailbox")[0]


def test_a_connection_that_was_told_otherwise_outdates_what_is_known(kept: Capabilities) -> None:
    note_glimpses(glimpses=[glimpse_of(kept, "Set-Mailbox")])
    kept.refresh_from_db()
    assert kept.outdated_at
    assert kept.outdated_by == "Set-Mailbox"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("names", [["Get-Mailbox", "Set-Mailbox"], ["Get-Mailbox"]], ids=["another list", "the same"])
def test_a_connection_outdates_nothing_that_was_read_meanwhile(
    kept: Capabilities, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def while_a_test_ends(key: str) -> frozenset[str]:
        def work() -> None:
            read_anew(kept, *names)
            connection.close()

        worker = Thread(target=work)
        worker.start()
        worker.join()
        return lower_names(key)

    monkeypatch.setattr(services, "lower_names", while_a_test_ends)
    note_glimpses(glimpses=[glimpse_of(kept, "Set-Mailbox")])
    kept.refresh_from_db()
    assert kept.cmdlets_id == Names.of(names).key
    assert kept.outdated_at is None
