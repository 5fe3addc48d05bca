"""Every page that answers GET, at 1,000 organizations, 100,000 run targets and 1 million result rows."""

import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

import psutil
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from jobs.results.rows.models import RowTable
from jobs.runs.models import RunTarget
from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization
from tests.bench import watchers, weight
from tests.factories import ADMINISTRATOR, make_app_registration, make_group, make_person

ORGANIZATIONS = 1000
SHARE = float(os.environ.get("VOLUME", "1"))
"""How much of the whole volume is loaded."""
TARGETS, ROWS = int(100_000 * SHARE), int(1_000_000 * SHARE)
TIMES = 9
ONLY = os.environ.get("ONLY", "")
"""Measures only the pages whose name contains this."""
ALLOWED_MS = 100
NOT_PAGES = {"health-live", "health-ready"}
Facts = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Measured:
    """One page: its median server time, the CPU it takes here and in the database, its number of queries."""

    name: str
    status: int
    milliseconds: float
    cpu_milliseconds: float
    queries: int


def main() -> None:
    """Load the volume and print what each page costs."""
    settings.ALLOWED_HOSTS = ["*"]
    person = make_person(*ADMINISTRATOR)
    began, cpu = time.monotonic(), time.process_time()
    size = f"--organizations={ORGANIZATIONS}", f"--targets={TARGETS}", f"--rows={ROWS}"
    call_command("load_volume", *size, "--into-this-database")
    used = time.process_time() - cpu
    print(f"volume: loaded in {time.monotonic() - began:.0f} s, {used:.0f} s of it CPU of this process")
    facts = _facts()
    browser = Client()
    browser.force_login(person)
    wanted = [(name, address) for name, address in _addresses(facts) if ONLY in name]
    measured = [_measure(browser, name, address) for name, address in wanted]
    pages = [each for each in measured if each.status in (200, 204, 286)]
    others = [each for each in measured if each not in pages]
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    print(f"pages: server time, median of {TIMES}, at most {ALLOWED_MS} ms allowed; load of each core was {load:.1f}")
    for each in pages:
        mark = "  TOO SLOW" if each.milliseconds > ALLOWED_MS else ""
        figures = f"{each.milliseconds:7.1f} ms {each.cpu_milliseconds:7.1f} ms CPU {each.queries:4} queries"
        print(f"  {each.name:48}{figures}{mark}")
    slow = [each for each in pages if each.milliseconds > ALLOWED_MS]
    print(
        f"  {len(pages)} pages, {len(slow)} over {ALLOWED_MS} ms; slowest {max(p.milliseconds for p in pages):.0f} ms"
    )
    print(f"  no page of their own: {', '.join(f'{each.name} ({each.status})' for each in others)}")
    if ONLY:
        return
    weight.main(browser)
    watchers.main()


def _facts() -> Facts:
    """Return an argument for each thing that an address can name."""
    table = RowTable.objects.order_by("-row_count").select_related("run").first()
    assert table
    organization = Organization.objects.order_by("name").first()
    target = RunTarget.objects.filter(run=table.run, row_count__gt=0).order_by("position").first()
    event = AuditEvent.objects.order_by("-occurred_at").first()
    assert organization
    assert target
    assert event
    group = make_group("Measured", list(Organization.objects.all()[:200]))
    app_registration = make_app_registration(organization.partner)
    return {
        "run_id": str(table.pk),
        "target_id": str(target.pk),
        "organization_id": str(organization.pk),
        "event_id": str(event.pk),
        "group_id": str(group.pk),
        "partner_id": str(organization.partner_id),
        "app_registration_id": str(app_registration.pk),
        "certificate_id": str(app_registration.certificates.get().pk),
        "name": "Set-Mailbox",
        "position": target.position,
        "number": 1,
        "row_count": table.row_count,
    }


def _addresses(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield the address of every route whose arguments are known, and of lists as they are narrowed and ordered."""
    for name, arguments in _routes(get_resolver()):
        known = {argument: facts.get(argument, unknown) for argument, unknown in arguments.items()}
        if name not in NOT_PAGES:
            yield name, reverse(name, kwargs=known)
    yield "search suggestions", "/search/?q=leeds"
    yield "home, second visit", "/"
    yield "organizations, searched", "/organizations/?q=leeds"
    yield "organizations, of a facet", "/organizations/?reachability=unreachable"
    yield "cmdlets, searched", "/cmdlets/?q=mbx+perm"
    yield "runs, filtered", "/runs/?state=partly_failed&cmdlet=Mailbox"
    yield "runs, of an organization", f"/runs/?organization={facts['organization_id']}"
    yield "audit events, filtered", "/audit/?action=run.launched"
    run = f"/runs/{facts['run_id']}/"
    yield "run, grouped", f"{run}?group=previous&sort=duration"
    yield "run, organizations by duration", f"{run}targets/?sort=-duration"
    results = f"{run}results/"
    rows = f"results of {facts['row_count']:,} rows"
    for words, query in RESULTS.items():
        yield f"{rows}, {words}", f"{results}?{query}"


RESULTS = {
    "by a text": "sort=DisplayName",
    "by a size, descending": "sort=-ProhibitSendQuota",
    "by a date": "sort=WhenCreatedUTC",
    "by a text, a later page": "sort=DisplayName&cursor=500.1",
    "contains": "filter=contains:DisplayName:anna",
    "more than a size": f"filter=greater:ProhibitSendQuota:{quote('60 GB')}",
    "two filters and order": "filter=contains:DisplayName:anna&filter=equals:AuditEnabled:true&sort=-WhenCreatedUTC",
    "counted by a kind": "group=RecipientTypeDetails",
    "counted by a unique text": "group=PrimarySmtpAddress",
    "counted by organization": "group=@organization",
    "searched, rare": "q=anna.berg7@",
    "searched, frequent": "q=anna",
    "searched, nowhere": "q=zzzqqqxxx",
    "searched and ordered": "q=anna&sort=DisplayName",
    "all columns": "columns=Identity,DisplayName,Alias,PrimarySmtpAddress,RecipientTypeDetails,WhenCreatedUTC,"
    "ProhibitSendQuota,IssueWarningQuota,LitigationHoldEnabled,HiddenFromAddressListsEnabled,ForwardingSmtpAddress,"
    "RetentionPolicy,RetainDeletedItemsFor,EmailAddresses,ExchangeGuid,AuditEnabled&sort=ExchangeGuid",
}


def _routes(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, Facts]]:
    """Yield the name of every route with an argument of each kind that names nothing."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern):
            kinds = {argument: type(c).__name__ for argument, c in pattern.pattern.converters.items()}
            unknown = {argument: 7 if kind == "IntConverter" else str(UUID(int=7)) for argument, kind in kinds.items()}
            yield f"{namespace}{pattern.name}", unknown


def _measure(browser: Client, name: str, address: str) -> Measured:
    with CaptureQueriesContext(connection) as captured:
        status = browser.get(address).status_code
    queries = len(captured)
    times, cpu = [], _cpu()
    for _ in range(TIMES if status < 300 else 1):
        began = time.perf_counter()
        browser.get(address)
        times.append((time.perf_counter() - began) * 1000)
    return Measured(name, status, statistics.median(times), (_cpu() - cpu) * 1000 / len(times), queries)


def _cpu() -> float:
    """Return the seconds of CPU that this process and its database server have used."""
    server = psutil.Process(connection.connection.info.backend_pid).parent() if connection.connection else None
    processes = [server, *server.children()] if server else []
    return time.process_time() + sum(p.cpu_times().user + p.cpu_times().system for p in processes)
