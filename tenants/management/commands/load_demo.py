"""Fill a new installation from the simulated cloud: people, partner, app registration, organizations, groups."""

import os
import time
from argparse import ArgumentParser
from threading import Thread
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from tenants import demo
from tenants.partner.models import Partner
from tenants.sync.models import Synchronization, SynchronizationState
from tenants.sync.services import start_synchronization, synchronize

console = Console()


class Command(BaseCommand):
    help = "Load the demo: people, partner, app registration, organizations and groups of the simulated cloud."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--show-sign-ins", action="store_true", help="only print who can sign in")
        parser.add_argument("--sandbox-url", default=os.environ.get("SANDBOX_URL", ""))

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["show_sign_ins"]:
            if not options["sandbox_url"]:
                raise CommandError("Set SANDBOX_URL to the address of the simulated cloud.")
            demo.create_people()
            partner = demo.connect_demo_partner(options["sandbox_url"])
            read_organizations(partner)
            national = demo.connect_national_partners(options["sandbox_url"])
            console.print(f"Organizations of {', '.join(each.name for each in national)} were added by domain")
            demo.create_groups()
            demo.create_scoped_people()
            demo.link_people(options["sandbox_url"], partner)
            return
        partner = Partner.objects.earliest("created_at")
        console.print("Press “Sign in with Microsoft”, and sign in at the simulated Microsoft as:")
        table = Table("Account", "Password", "Who", "Role", box=None, header_style="bold", pad_edge=False)
        for account in demo.link_people(options["sandbox_url"], partner):
            table.add_row(account.name, account.password, account.display_name, account.roles)
        console.print(table)


def read_organizations(partner: Partner) -> None:
    """Read the organizations here, unless the worker is faster, and show how it goes on."""
    synchronization = start_synchronization(actor=demo.DEMO, partner=partner)
    Thread(target=_synchronize, args=[synchronization.pk], daemon=True).start()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("Reading organizations", total=None)
        while True:
            current = Synchronization.objects.get(pk=synchronization.pk)
            progress.update(
                bar, description=current.step or "Reading", completed=current.done, total=current.total or None
            )
            if current.finished_at:
                break
            time.sleep(0.1)
    if current.state == SynchronizationState.FAILED:
        raise CommandError(f"The organizations could not be read: {current.error}")
    console.print(f"{current.total} organizations of {partner.name}: {current.added} new, {current.vanished} vanished")


def _synchronize(synchronization_id: UUID) -> None:
    try:
        synchronize(synchronization_id=synchronization_id)
    finally:
        connection.close()
