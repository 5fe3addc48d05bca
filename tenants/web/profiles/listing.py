"""The list of connection profiles: in which ways do we get in?"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.pagination import lost_place, page_by_key
from portal.core.permissions import Permission
from tenants.partner.models import Partner
from tenants.partner.selectors import partners_with_sign_in
from tenants.profiles.endings import Ending, endings_of
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.profiles.selectors import defaults_of_partners
from tenants.profiles.uses import Uses, applying, uses_of
from tenants.profiles.words import OWN_CLOUD, identity_of, through_of
from tenants.web.profiles.filters import ProfileFilterForm


@dataclass(frozen=True, slots=True)
class Row:
    """One profile of the list with what belongs to it."""

    profile: ConnectionProfile
    identity: str
    through: str
    cloud: str
    uses: Uses
    applies: int
    ending: Ending | None


@dataclass(frozen=True, slots=True)
class PartnerDefaults:
    """A partner with its default for each service."""

    partner: Partner
    defaults: Sequence[ProfileAssignment]


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the profiles, and each partner's defaults."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    saved = saved_filters(request, actor, page="profiles")
    if saved.opening:
        return saved.opening
    form, cursor = ProfileFilterForm(request.GET), request.GET.get("cursor", "")
    page = page_by_key(form.rows(actor), order=form.order, cursor=cursor)
    context = {
        "form": form,
        "ignored": [*form.ignored(), *lost_place(page, cursor)],
        "choices": form.choices(),
        "saved": saved,
        "sort": form.sort,
        "page": page,
        "rows": rows_of(actor, page.rows),
        "partners": _partners(actor),
        "can_manage": actor.has(Permission.CONNECTION_PROFILE_MANAGE),
    }
    return render_page(request, "tenants/profiles/list.html", context)


def rows_of(actor: Actor, profiles: Sequence[ConnectionProfile]) -> list[Row]:
    """Return `profiles` with what belongs to them, in as many queries for one as for fifty."""
    uses, numbers, endings = uses_of(profiles), applying(actor), endings_of(profiles)
    return [
        Row(
            profile,
            identity_of(profile),
            through_of(profile),
            profile.environment or OWN_CLOUD,
            uses[profile.pk],
            numbers[profile.pk].number,
            None if profile.retired_at else endings.get(profile.pk),
        )
        for profile in profiles
    ]


def _partners(actor: Actor) -> list[PartnerDefaults]:
    defaults = defaults_of_partners(actor)
    return [
        PartnerDefaults(partner, [each for each in defaults if each.partner_id == partner.pk])
        for partner in partners_with_sign_in()
    ]
