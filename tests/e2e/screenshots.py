"""`make screenshots`: every page with believable data, at two widths and in both themes, and the pictures of the docs.

Everything is real: organizations are read from the simulated cloud, runs are carried out by workers; a year of history
is made up around them. The pictures lie in `.data/screenshots`, by width and theme; those of `DOCUMENTED` in
`docs/images` as well.
"""

from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.http import QueryDict
from playwright.sync_api import Browser, Page

from jobs.catalogue.cmdlets import find
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.results.rows.unfolding import unfold_whole_run
from jobs.runs.models import Connection, Run
from jobs.runs.selection import Selection
from jobs.runs.states import TargetState
from jobs.saved.drafts import keep_launch_draft
from jobs.saved.services import Definition, create_job
from portal.accounts.models import User
from portal.accounts.saved_filters.services import save_filter
from portal.audit.models import AuditEvent
from portal.core.actors import Source
from portal.exports.models import ExportFormat
from portal.exports.services import request_export
from tenants.app_registrations.models import Certificate
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.profiles.assignments import assign_profile
from tenants.profiles.methods import Delegation, Method, ProfileService
from tenants.profiles.services import create_profile
from tenants.profiles.validation import ProfileValues
from tenants.sync.models import Synchronization
from tests.e2e.test_every_page import signed_in
from tests.e2e.world import addresses, browser_of
from tests.factories import make_profile, make_sign_in
from tests.live import ROOT, Processes, Sandbox, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]
FOLDER = ROOT / ".data" / "screenshots"
DOCUMENTATION = ROOT / "docs" / "images"
SIZES = {1280: 850, 390: 844}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DOCUMENTED = {
    "home": "home",
    "jobs:run": "run",
    "jobs:run-results": "results",
    "jobs:launch": "launch",
    "tenants:organization": "organization",
    "tenants:organizations": "organizations",
    "jobs:runs": "runs",
    "jobs:target": "target",
}
"""Pictures of the documentation by the route that they show, 1280 pixels wide, in the light theme."""


def test_shoot(
    sandbox: Sandbox, processes: Processes, portal: str, chromium: Browser, tmp_path: Path, settings: Any
) -> None:
    """Build the world, then walk through it four times."""
    settings.DATA_DIR = tmp_path
    call_command("load_demo", sandbox_url=sandbox.url)
    call_command("load_volume", organizations=300, targets=20_000, rows=40_000, into_this_database=True)
    processes.worker(WORKER_THREADS="30")
    processes.start("rq-worker")
    person = User.objects.get(username="max")
    arguments = story(sandbox, person)
    pages = addresses(browser_of(person), arguments)
    pages["jobs:connection-test"] = "/connections/test/?match=all"
    pages["jobs:launch"] += f"?draft={arguments['draft_id']}"
    for width, height in SIZES.items():
        for scheme in SCHEMES:
            context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            page = signed_in(context.new_page(), portal, person)
            for route, path in pages.items():
                picture = FOLDER / f"{width}-{scheme}" / f"{route.replace(':', '-')}.png"
                shoot(page, portal + path, picture, full_page=True)
                if (width, scheme) == (1280, "light") and route in DOCUMENTED:
                    shoot(page, portal + path, DOCUMENTATION / f"{DOCUMENTED[route]}.png", full_page=False)
            context.close()
    print(f"{len(pages)} pages, {len(pages) * len(SIZES) * len(SCHEMES)} pictures in .data/screenshots")


def story(sandbox: Sandbox, person: User) -> dict[str, Any]:
    """Carry out runs of every kind, the last still under way; returns the parts of the pages' addresses."""
    actor = person.as_actor(Source.WEB)
    gold = OrganizationGroup.objects.get(name="Gold customers")
    organization = Organization.objects.served().filter(reachability_class="").order_by("name")[3]

    def run_in(where: Selection, cmdlet: str, **parameters: Any) -> Run:
        request = RunRequest(cmdlet, parameters, where, reason="Quarterly review", ticket="CHG-2041")
        return launch_run(actor=actor, run_id=draft_run(actor=actor, request=request).pk)

    def ended(run: Run) -> Run:
        wait_for(lambda: Run.objects.get(pk=run.pk).finished_at is not None, what=str(run))
        return Run.objects.get(pk=run.pk)

    ended(run_in(Selection(everywhere=True), "Get-AcceptedDomain"))
    ended(run_in(Selection(group_ids=[gold.pk]), "Set-OrganizationConfig", MailTipsLargeAudienceThreshold=40))
    run = ended(run_in(Selection(everywhere=True), "Get-Mailbox", ResultSize=20))
    target = run.targets.filter(state=TargetState.FAILED).first() or run.targets.get(position=0)
    request = RunRequest(
        "Set-Mailbox",
        {"Identity": "info", "ProhibitSendQuota": "49.5 GB", "HiddenFromAddressListsEnabled": True},
        Selection(group_ids=[gold.pk]),
        reason="Shared mailboxes leave the address list",
        ticket="CHG-2042",
    )
    draft = draft_run(actor=actor, request=request)
    saved = save_filter(actor=actor, page="runs", name="Failed last month", query="state=failed&period=last_month")
    typed = QueryDict("p.Identity=info&p.ProhibitSendQuota=49.5+GB", mutable=True)
    typed.update({"group": str(gold.pk), "reason": request.reason, "ticket": request.ticket})
    cmdlet = find("Set-Mailbox")
    job = create_job(
        actor=actor,
        name="Hide shared mailboxes",
        description="Monthly",
        shared=True,
        definition=Definition.of_forms(cmdlet, typed),
    )
    kept = keep_launch_draft(actor=actor, draft_id=uuid4(), cmdlet=cmdlet, data=typed)
    assert kept
    export = request_export(actor=actor, listing="runs", query="", file_format=ExportFormat.XLSX)
    unfold_whole_run(run)
    sandbox.control("POST", "latency", json={"ms": 1500})
    running = run_in(Selection(everywhere=True), "Get-TransportRule")
    wait_for(lambda: running.targets.filter(state=TargetState.SUCCEEDED).count() > 60, what="a third of the run")
    event = AuditEvent.objects.filter(run_id=run.pk).latest("pk")
    certificate = Certificate.objects.filter(app_registration__partner=organization.partner).earliest("pk")
    values = ProfileValues(name="Service account", method=Method.DELEGATED, delegation=Delegation.GDAP)
    profile = create_profile(actor=actor, partner=organization.partner, values=values)
    assign_profile(actor=actor, profile=profile, place=gold, service=ProfileService.BOTH, rank=10)
    return {
        "run_id": running.pk,
        "jobs:run-results": {"run_id": run.pk},
        "jobs:run-compare": {"run_id": run.pk},
        "jobs:review": {"run_id": draft.pk},
        "target_id": target.pk,
        "connection_id": Connection.objects.filter(attempt__run_target=target).latest("opened_at").pk,
        "error_class": "no_consent",
        "organization_id": organization.pk,
        "group_id": gold.pk,
        "name": "Set-Mailbox",
        "event_id": event.pk,
        "saved_filter_id": saved.pk,
        "job_id": job.pk,
        "draft_id": kept.pk,
        "export_id": export.pk,
        "jobs:run-result": {"run_id": run.pk},
        "position": run.targets.filter(row_count__gt=0).earliest("position").position,
        "number": 1,
        "synchronization_id": Synchronization.objects.latest("requested_at").pk,
        "certificate_id": certificate.pk,
        "app_registration_id": certificate.app_registration_id,
        "partner_id": organization.partner_id,
        "tenants:sign-in-begin": {"profile_id": make_profile(organization.partner, method=Method.DEVICE).pk},
        "sign_in_id": make_sign_in(person, organization.partner).pk,
        "profile_id": profile.pk,
        "assignment_id": profile.assignments.filter(group=gold).earliest("service").pk,
    }


def shoot(page: Page, address: str, picture: Path, *, full_page: bool) -> None:
    """Open a page and keep what it looks like."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.goto(address)
    page.screenshot(path=picture, full_page=full_page)
