"""What the tabs of a run have in common, and the small ones."""

import re
from collections.abc import Callable

import pytest
import tree_sitter_powershell
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tree_sitter import Language, Parser

from jobs.runs.events import run_as_object, target_as_object
from jobs.runs.states import RunState, TargetState
from jobs.runs.ways import frozen_ways
from jobs.web.script import script_of
from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from tests.factories import SYSTEM, make_app_registration, make_organizations, make_result, make_run

SignIn = Callable[[User], Client]
TABS = ("", "targets/", "powershell/", "events/", "compare/")


@pytest.mark.django_db
@pytest.mark.parametrize("tab", TABS)
def test_query_count_does_not_grow(signed_in: SignIn, administrator: User, tab: str) -> None:
    browser = signed_in(administrator)
    counts = []
    for number in (10, 40):
        make_run(organizations=number)
        run = make_run(state=RunState.RUNNING, organizations=number, states=[TargetState.SUCCEEDED, TargetState.FAILED])
        run.targets.filter(state=TargetState.FAILED).update(error_class="throttled")
        for target in run.targets.all():
            make_result(target, [{"Name": "x"}])
        browser.get(f"/runs/{run.pk}/{tab}")
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/runs/{run.pk}/{tab}", {"group": "previous"} if not tab else {})
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.django_db
class TestPowerShell:
    def test_shows_the_line_the_parameters_and_the_whole_hash(self, signed_in: SignIn, technician: User) -> None:
        run = make_run(organizations=3, powershell="Get-AcceptedDomain -Identity 'contoso.com'")

        page = signed_in(technician).get(f"/runs/{run.pk}/powershell/").content.decode()

        assert "Get-AcceptedDomain -Identity &#x27;contoso.com&#x27;" in page
        assert "What is sent to 3 organizations" in page
        assert run.plan_hash in page
        assert 'data-copy="powershell"' in page

    def test_secrets_are_named_by_their_fingerprint_only(self, signed_in: SignIn, technician: User) -> None:
        run = make_run(organizations=1)
        run.plan["steps"][0]["secrets"] = {"Password": "abc123"}
        run.save(update_fields=["plan"])

        page = signed_in(technician).get(f"/runs/{run.pk}/powershell/").content.decode()

        assert re.search(r"<dt>Password</dt><dd>secret, never shown; fingerprint <span[^>]*>abc123<", page)

    def test_the_script_is_powershell_and_names_every_organization(
        self, signed_in: SignIn, acting: Callable[[User], Actor], technician: User
    ) -> None:
        certificate = make_app_registration().certificates.get()
        partner = certificate.app_registration.partner
        places = make_organizations(2, partner=partner) + make_organizations(
            1, partner=partner, environment="O365China"
        )
        run = make_run(organizations=places, powershell="Get-User -Filter \"Name -eq 'x'\"")
        run.plan["connection"] = frozen_ways(places, service="exo")

        script = script_of(acting(technician), run)

        assert not Parser(Language(tree_sitter_powershell.language())).parse(script.encode()).root_node.has_error
        assert script.count("Connect-ExchangeOnline") == script.count("Disconnect-ExchangeOnline") == 2
        assert f"-AppId '{certificate.app_registration.application_id}'" in script
        assert f"-CertificateThumbprint '{certificate.thumbprint}'" in script
        assert script.count("-ExchangeEnvironmentName O365China") == 1
        assert all(f"'{place.initial_domain}'" in script for place in places)


@pytest.mark.django_db
class TestEvents:
    def test_tells_the_run_and_its_organizations_in_order(self, signed_in: SignIn, auditor: User) -> None:
        run, other = make_run(organizations=2), make_run(organizations=1)
        first = run.targets.get(position=0)
        ended = {"cmdlet": run.cmdlet, "state": "succeeded", "on_behalf_of": "Tess"}
        with transaction.atomic():
            record(AuditAction.RUN_LAUNCHED, actor=SYSTEM, target=run_as_object(run))
            record(AuditAction.RUN_TARGET_ENDED, actor=SYSTEM, target=target_as_object(first), data=ended)
            record(AuditAction.RUN_LAUNCHED, actor=SYSTEM, target=run_as_object(other))
        browser = signed_in(auditor)

        events = browser.get(f"/runs/{run.pk}/events/").context["events"].rows
        narrowed = browser.get(f"/runs/{run.pk}/events/", {"organization": first.organization_name})

        assert [event.action for event in events] == ["run.launched", "run_target.ended"]
        assert [event.action for event in narrowed.context["events"].rows] == ["run_target.ended"]
        assert f"{run.cmdlet} in {first.organization_name}: succeeded, for Tess" in narrowed.content.decode()

    def test_says_so_to_those_who_may_not_read_them(self, signed_in: SignIn, technician: User) -> None:
        run = make_run()
        with transaction.atomic():
            record(AuditAction.RUN_LAUNCHED, actor=SYSTEM, target=run_as_object(run))

        response = signed_in(technician).get(f"/runs/{run.pk}/events/")

        assert "Your roles do not include reading the audit trail" in response.content.decode()
        assert response.context["events"].rows == []

    def test_come_in_pages(self, signed_in: SignIn, auditor: User) -> None:
        run = make_run()
        with transaction.atomic():
            for _ in range(60):
                record(AuditAction.RUN_STARTED, actor=SYSTEM, target=run_as_object(run))
        browser = signed_in(auditor)

        first = browser.get(f"/runs/{run.pk}/events/").context["events"]
        second = browser.get(f"/runs/{run.pk}/events/", {"cursor": first.next_cursor}).context["events"]

        assert (len(first.rows), len(second.rows)) == (50, 10)
