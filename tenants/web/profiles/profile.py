"""The page of one connection profile: what it is, where it applies, and the PowerShell that it stands for."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.organizations.models import Organization
from tenants.organizations.names import organization_named
from tenants.organizations.selectors import first_by_ids, organization_of_tenant
from tenants.profiles.endings import endings_of
from tenants.profiles.handed_in import identity_of_token
from tenants.profiles.methods import Method
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.selectors import changes_of
from tenants.profiles.uses import Applying, applying, uses_of
from tenants.profiles.words import METHOD_MEANINGS, cloud_of, identity_of, sentence_of, through_of
from tenants.web.profiles.access import profile_or_404
from tenants.web.profiles.example import examples


@require_safe
def detail(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    """Show one profile."""
    actor = actor_of(request)
    profile = profile_or_404(actor, profile_id)
    applies = applying(actor)[profile.pk]
    token_organization = _token_organization(actor, profile)
    organization, ignored = _example(actor, request.GET.get("organization", ""), applies)
    method = Method(profile.method)
    context = {
        "profile": profile,
        "method": method,
        "meaning": METHOD_MEANINGS[method],
        "sentence": sentence_of(profile),
        "identity": identity_of(profile),
        "through": through_of(profile),
        "cloud": cloud_of(profile),
        "ending": endings_of([profile]).get(profile.pk),
        "token_identity": _token_identity(profile),
        "token_organization": token_organization,
        "uses": uses_of([profile])[profile.pk],
        "applies": applies,
        "organization": organization or token_organization,
        "examples": examples(profile, organization or token_organization),
        "events": changes_of(actor, profile),
        "ignored": ignored,
        "can_read_runs": actor.has(Permission.RUN_READ),
        "can_read_events": actor.has(Permission.AUDIT_EVENT_READ),
        "can_manage": actor.has(Permission.CONNECTION_PROFILE_MANAGE) and profile.retired_at is None,
    }
    return render_page(request, "tenants/profiles/detail.html", context)


def _example(actor: Actor, wanted: str, applies: Applying) -> tuple[Organization | None, list[str]]:
    """Return the organization whose script is shown: the one asked for, else the first where the profile applies."""
    text = wanted.replace("\0", "").strip()[:300]
    if text:
        try:
            return organization_named(actor, text), []
        except Refused as refusal:
            return first_by_ids(actor, applies.all), [str(refusal)]
    return first_by_ids(actor, applies.all), []


def _token_organization(actor: Actor, profile: ConnectionProfile) -> Organization | None:
    return organization_of_tenant(actor, profile.token_tenant_id) if profile.token_tenant_id else None


def _token_identity(profile: ConnectionProfile) -> str:
    return identity_of_token(profile) if profile.sealed_access_token else ""
