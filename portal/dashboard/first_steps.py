"""The way of a new installation to its first run: five steps, each with its state, its reason and its button."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from jobs.runs.worklist import has_launched
from portal.accounts.selectors import count_people
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.selectors import organizations_for_list
from tenants.partner.selectors import first_partner


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a step, done or not."""

    word: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `url` is empty where no page takes it, or where this person may not."""

    title: str
    sentence: str
    action: str
    url: str
    is_done: bool
    who: str = ""
    parts: Sequence[Part] = ()
    command: str = ""


def steps_for(actor: Actor) -> list[Step]:
    """Return the steps while there is no organization or no run yet; afterwards none."""
    served = organizations_for_list(actor).order_by()
    has_organizations = served.exists()
    launched = has_launched(actor=actor)
    if has_organizations and launched:
        return []
    tested = served.exclude(reachability="untried").exists()
    return [
        _connect(actor),
        Step(
            "Read your organizations",
            "Signalbox lists every customer of your partner tenant with its GDAP and CSP relationships.",
            "Read organizations",
            _if(actor, Permission.PARTNER_SYNCHRONIZE, reverse("tenants:organizations")),
            is_done=has_organizations,
            who="an administrator",
        ),
        Step(
            "Test connections",
            "A connection test only reads. It shows which organizations can be reached, and why the others cannot.",
            "Test connections",
            _if(actor, Permission.RUN_LAUNCH, f"{reverse('jobs:connection-test')}?match=all"),
            is_done=tested,
            who="a technician",
        ),
        Step(
            "Launch your first run",
            "Choose one of the cmdlets, fill in its form, choose organizations, review, launch. A cmdlet that starts "
            "with Get only reads.",
            "Choose a cmdlet",
            _if(actor, Permission.RUN_LAUNCH, reverse("jobs:cmdlets")),
            is_done=launched,
            who="a technician",
        ),
        Step(
            "Invite colleagues",
            "No page does this yet. Whoever operates the server creates each person with the command below; it asks "
            "for the password, and the person becomes an administrator.",
            "",
            "",
            is_done=count_people() > 1,
            command="python manage.py create_administrator NAME",
        ),
    ]


def _connect(actor: Actor) -> Step:
    partner = first_partner()
    registration = partner.app_registrations.order_by("created_at").first() if partner else None
    certified = registration is not None and registration.certificates.exists()
    signed_in = partner is not None and hasattr(partner, "sign_in")
    parts = [
        (
            Part("partner tenant", partner is not None),
            "Connect your partner tenant",
            reverse("tenants:partner-connect"),
        ),
        (
            Part("application", registration is not None),
            "Add the app registration",
            reverse("tenants:app-registration-add", args=[partner.pk]) if partner else "",
        ),
        (
            Part("certificate", certified),
            "Upload its certificate",
            reverse("tenants:app-registration", args=[registration.pk]) if registration else "",
        ),
        (
            Part("partner sign-in", signed_in),
            "Store the partner sign-in",
            reverse("tenants:partner-sign-in", args=[partner.pk]) if partner else "",
        ),
    ]
    missing = [(action, url) for part, action, url in parts if not part.is_done]
    action, url = missing[0] if missing else ("", "")
    return Step(
        "Connect the app registration",
        "The multi-tenant application with its certificate gets Signalbox into each organization; a delegated sign-in "
        "of a service account reads who your customers are. Private keys are stored encrypted and never shown.",
        action,
        _if(actor, Permission.APP_REGISTRATION_MANAGE, url),
        is_done=not missing,
        who="an administrator",
        parts=[part for part, _, _ in parts],
    )


def _if(actor: Actor, permission: Permission, url: str) -> str:
    return url if actor.has(permission) else ""
