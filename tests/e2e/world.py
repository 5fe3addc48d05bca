"""One of everything, under hostile names, and the address of every page that shows it."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from jobs.approvals.demands import Demand
from jobs.approvals.requests import request_approval
from jobs.catalogue.cmdlets import find
from jobs.results.rows.unfolding import unfold_whole_run
from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState, Verdict
from jobs.saved.drafts import keep_launch_draft
from jobs.saved.services import Definition, create_job
from portal.accounts.grants.models import CustomRole, GrantKind, NamedSet
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.saved_filters.services import save_filter
from portal.accounts.web.access import STEPPED_UP_AT
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Source
from portal.exports.models import ExportFormat
from portal.exports.services import request_export
from tenants.organizations.models import Organization, Reachability
from tenants.profiles.methods import Method
from tenants.sync.models import Synchronization
from tests.factories import (
    ADMINISTRATOR,
    SYSTEM,
    assign,
    grant,
    make_app,
    make_app_registration,
    make_capabilities,
    make_connection,
    make_group,
    make_organizations,
    make_person,
    make_profile,
    make_reconciliation,
    make_run,
    make_sign_in,
)

HOSTILE_NAMES = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunte",  # 60 characters and no place to break
    "شركة النور للتجارة والمقاولات العامة المحدودة بالرياض",
    "חברת הספנות הישראלית בע״מ",
    "🏳️‍🌈 Pride & Söhne <b>GmbH</b> 👩‍👩‍👧‍👦",
    '=HYPERLINK("http://evil.example","x")',
)
ROWS = [
    {
        "Name": HOSTILE_NAMES[number % len(HOSTILE_NAMES)],
        "PrimarySmtpAddress": f"person{number}@customer.example",
        "ProhibitSendQuota": f"{number} GB ({number * 2**30:,} bytes)",
        "EmailAddresses": [f"SMTP:person{number}@customer.example", f"smtp:other{number}@customer.example"],
        "WhenCreated": f"2026-0{number % 9 + 1}-11T08:30:00Z",
        "Settings": {"Nested": {"Deep": [1, 2, {"Deeper": True}]}},
        "HiddenFromAddressListsEnabled": number % 2 == 0,
    }
    for number in range(60)
]


APPROVAL_ANSWERS = ("-approve", "-reject", "-withdraw", "-withdraw-own", "-emergency", "-confirm", "-read")


@dataclass(frozen=True)
class World:
    """What there is; `arguments` are the values of the addresses' parts, by name and, where names meet, by route."""

    administrator: User
    run: Run
    running: Run
    organizations: list[Organization]
    arguments: Mapping[str, Any]

    @property
    def addresses(self) -> dict[str, str]:
        """Every page, and what a query makes of some."""
        return {**addresses(browser_of(self.administrator), self.arguments), **variants(self)}


def browser_of(person: User) -> Client:
    """Return a browser in which `person` has signed in."""
    browser = Client()
    browser.force_login(person)
    session = browser.session
    session[STEPPED_UP_AT] = time.time()
    session.save()
    return browser


def make_world(*, organizations: int = 60) -> World:
    """Store one of everything that a page can show."""
    person = make_person(*ADMINISTRATOR)
    make_app(person)
    registration = make_app_registration()
    places = make_organizations(organizations, partner=registration.partner)
    for place, name in zip(places, HOSTILE_NAMES, strict=False):
        place.name = name
    troubled = places[len(HOSTILE_NAMES) : len(HOSTILE_NAMES) + 7]
    now = timezone.now()
    for place in troubled:
        place.reachability, place.reachability_class = Reachability.UNREACHABLE, "role_missing"
        place.reachability_reason = "No Exchange role in organization"
        place.reachability_fix = "Assign a role such as Exchange Administrator to the application."
        place.reachability_checked_at = now
    changed = ["name", "reachability", "reachability_class", "reachability_reason", "reachability_fix"]
    Organization.objects.bulk_update(places, [*changed, "reachability_checked_at"])
    make_capabilities(places[:10], "Get-Mailbox", "Set-Mailbox", "Get-Unheard-Of")
    group = make_group("Gold customers " + "x" * 45, places[:20])
    states = [TargetState.SUCCEEDED] * 5 + [TargetState.FAILED, TargetState.ERRORED, TargetState.UNKNOWN]
    run = make_run(
        state=RunState.PARTLY_FAILED, organizations=places, states=states, rows=ROWS, requested_by=person, ticket="T-1"
    )
    run.targets.filter(state=TargetState.FAILED).update(error_class="role_missing", error_code="403")
    run.targets.filter(state=TargetState.ERRORED).update(error_class="no_consent", error_code="AADSTS65001")
    run.targets.filter(state=TargetState.UNKNOWN).update(
        error_class="worker_lost_after_sending", verdict=Verdict.NEEDS_PERSON
    )
    for unknown in run.targets.filter(state=TargetState.UNKNOWN):
        make_reconciliation(unknown, Verdict.NEEDS_PERSON)
    Run.objects.filter(pk=run.pk).update(launched_at=now - timedelta(minutes=1))
    running = make_run(
        state=RunState.RUNNING,
        organizations=places,
        states=[*states, TargetState.QUEUED, TargetState.RUNNING],
        requested_by=person,
    )
    pending = make_run(
        state=RunState.PENDING_APPROVAL, organizations=places[:5], requested_by=person, cmdlet="Remove-TransportRule"
    )
    with transaction.atomic():
        request_approval(actor=person.as_actor(Source.WEB), run=pending, demand=Demand(2, ("What destroys",)))
    draft = make_run(state=RunState.DRAFT, organizations=places[:5], requested_by=person)
    colleague = make_person(Role.TECHNICIAN)
    role = CustomRole.objects.create(name=HOSTILE_NAMES[1][:100], permissions=["jobs:run:read"], changed_by="Person")
    named_set = NamedSet.objects.create(name="Mail flow read", cmdlets=["Get-TransportRule"], changed_by="Person")
    limits = {"named_sets": [named_set.pk], "risks": ["read"], "spares_partners_own": True}
    eligible = grant(person, role, over=group, kind=GrantKind.ELIGIBLE, limits=limits, reason="x" * 100)
    actor = person.as_actor(Source.WEB)
    saved = save_filter(actor=actor, page="runs", name="Failed ones", query="state=failed")
    typed = QueryDict("p.Identity=info&where=all")
    job = create_job(
        actor=actor,
        name=HOSTILE_NAMES[0],
        description="x",
        shared=True,
        definition=Definition.of_forms(find("Set-Mailbox"), typed),
    )
    kept = keep_launch_draft(actor=actor, draft_id=uuid4(), cmdlet=find("Set-Mailbox"), data=typed)
    assert kept
    export = request_export(actor=actor, listing="runs", query="", file_format=ExportFormat.CSV)
    unfold_whole_run(run)
    reading = Synchronization.objects.create(partner=registration.partner, requested_by="Person")
    named = Object(
        "organization",
        str(places[0].pk),
        places[0].name,
        organization_id=places[0].pk,
        organization_name=places[0].name,
    )
    with transaction.atomic():
        event = record(AuditAction.ORGANIZATION_ADDED, actor=SYSTEM, target=named)
    own_account = make_profile(registration.partner, name=HOSTILE_NAMES[2], method=Method.CREDENTIAL)
    sign_in = make_sign_in(person, registration.partner, user_principal_name=f"{'x' * 64}@customer.example")
    profile = make_profile(registration.partner, name=HOSTILE_NAMES[3], note="x" * 300)
    assign(profile, group=group, rank=10)
    assignment = profile.assignments.latest("pk")
    target = run.targets.filter(state=TargetState.SUCCEEDED).order_by("position").first()
    assert target
    connection = make_connection(target)
    make_connection(running.targets.filter(state=TargetState.RUNNING).order_by("position")[0], closed_at=None)
    return World(
        person,
        run,
        running,
        places,
        {
            "organization_id": places[0].pk,
            "group_id": group.pk,
            "run_id": run.pk,
            "jobs:review": {"run_id": draft.pk},
            **{f"jobs:approval{each}": {"run_id": pending.pk} for each in ("", *APPROVAL_ANSWERS)},
            "reference": "destructive",
            "person_id": colleague.pk,
            "grant_id": colleague.role_grants.get().pk,
            "accounts:my-role-elevate": {"grant_id": eligible.pk},
            "role_id": role.pk,
            "set_id": named_set.pk,
            "factor_id": person.factors.get().pk,
            "saved_filter_id": saved.pk,
            "synchronization_id": reading.pk,
            "export_id": export.pk,
            "job_id": job.pk,
            "draft_id": kept.pk,
            "position": target.position,
            "number": 1,
            "target_id": target.pk,
            "connection_id": connection.pk,
            "error_class": "no_consent",
            "event_id": event.pk,
            "name": "Set-Mailbox",
            "partner_id": registration.partner_id,
            "app_registration_id": registration.pk,
            "certificate_id": registration.certificates.get().pk,
            "tenants:sign-in-begin": {"profile_id": own_account.pk},
            "sign_in_id": sign_in.pk,
            "profile_id": profile.pk,
            "assignment_id": assignment.pk,
        },
    )


def addresses(browser: Client, arguments: Mapping[str, Any], *, only_known: bool = False) -> dict[str, str]:
    """Return the address of every page, by its route: whatever answers a GET with a whole HTML document.

    A route with a part that `arguments` do not hold fails, so that a new page cannot be forgotten; with `only_known`
    it is left out.
    """
    found = {}
    for name, parts in _routes(get_resolver()):
        known = {**arguments, **arguments.get(name, {})}
        if missing := parts - known.keys():
            assert only_known, f"{name}: the world has no {', '.join(sorted(missing))}"
            continue
        path = reverse(name, kwargs={part: known[part] for part in parts})
        answer = browser.get(path)
        is_html = answer.headers.get("Content-Type", "").startswith("text/html")
        if answer.status_code == 200 and is_html and not answer.streaming and b"<html" in answer.content:
            found[name] = path
    return found


def variants(world: World) -> dict[str, str]:
    """Return further addresses of pages that a query makes look different, by what they show."""
    nothing = "?q=nothing-is-called-so"
    return {
        "profiles, none matches": reverse("tenants:profiles") + nothing,
        "a profile to be filled in": reverse("tenants:profile-add") + "?method=app_certificate_thumbprint",
        "an account to be filled in": reverse("tenants:profile-add") + "?method=interactive",
        "a group to be given a profile": reverse("tenants:profile-assign") + f"?in_group={world.arguments['group_id']}",
        "organizations, none matches": reverse("tenants:organizations") + nothing,
        "cmdlets, searched": reverse("jobs:cmdlets") + "?q=mbx+perm",
        "cmdlets, none matches": reverse("jobs:cmdlets") + nothing,
        "connections, none matches": reverse("jobs:connections") + "?organization=nothing-is-called-so",
        "failures, none matches": reverse("jobs:failures") + nothing,
        "failures, found": reverse("jobs:failures") + "?q=AADSTS65001",
        "unknown outcomes, none matches": reverse("jobs:unknown-outcomes") + "?organization=nothing-is-called-so",
        "an unknown outcome": reverse("jobs:target", args=[_unknown(world).pk]),
        "runs, none matches": reverse("jobs:runs") + nothing,
        "audit, none matches": reverse("audit:events") + nothing,
        "search, found": reverse("search") + "?q=mail",
        "search, none found": reverse("search") + nothing,
        "connections to test": reverse("jobs:connection-test") + "?match=all",
        "a run that goes on": reverse("jobs:run", args=[world.running.pk]),
    }


def _unknown(world: World) -> RunTarget:
    return world.run.targets.filter(state=TargetState.UNKNOWN).order_by("position")[0]


def _routes(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, set[str]]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _routes(pattern, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", set(pattern.pattern.converters)
