"""The page of one organization: can we get in, what may we do, what have we done?"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from tenants.expiry.selectors import notice_of
from tenants.groups.selectors import groups_by_organization
from tenants.ladder.selectors import ladder_of
from tenants.organizations.models import Organization
from tenants.organizations.outcomes import recent_outcomes
from tenants.organizations.selectors import find_organization
from tenants.relationships.selectors import relationships_of
from tenants.web.consent_links import consent_context
from tenants.web.organization_tabs import TABS, Tab, tab_context
from tenants.web.sparkline import sparkline_picture


@require_safe
def detail(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """Show who an organization is, whether we can get in, and one tab of what is known of it."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    organization = find_organization(actor, organization_id)
    if organization is None:
        raise Http404
    return organization_page(request, organization, request.GET.get("tab", ""))


def organization_page(
    request: HttpRequest,
    organization: Organization,
    tab: str,
    *,
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the page of `organization` with `tab` open; `typed` is what a form of the tab shows again."""
    actor = actor_of(request)
    tabs = [each for each in TABS if each.permission is None or actor.has(each.permission)]
    ignored = [] if not tab or tab in {each.key for each in tabs} else [f"There is no tab called “{tab[:60]}”."]
    current = next((each for each in tabs if each.key == tab), tabs[0])
    relationships = relationships_of(organization)
    outcomes = recent_outcomes(actor, [organization]).get(organization.pk, ())
    shown = tab_context(current.key, actor, organization, relationships, request.GET)
    context = {
        "organization": organization,
        "groups": groups_by_organization(actor, [organization]).get(organization.pk, ()),
        "ladder": ladder_of(organization, relationships, outcomes),
        "picture": sparkline_picture(outcomes) if outcomes else None,
        "notice": notice_of(organization, relationships),
        "tabs": [_link(each, organization, current) for each in tabs],
        "tab": current.key,
        "tab_template": f"tenants/organizations/tabs/{current.key}.html",
        "typed": typed or {},
        "can_launch": actor.has(Permission.RUN_LAUNCH) and organization.vanished_at is None,
        "can_set_variables": actor.has(Permission.ORGANIZATION_VARIABLE_MANAGE),
        **shown,
        **(consent_context(request, organization) if current.key == "relationships" else {}),
        "ignored": [*ignored, *shown.get("ignored", [])],
    }
    return render_page(request, "tenants/organizations/detail.html", context, status=status)


def _link(tab: Tab, organization: Organization, current: Tab) -> dict[str, Any]:
    url = f"{reverse('tenants:organization', args=[organization.pk])}?tab={tab.key}"
    return {"url": url, "word": tab.word, "count": None, "current": tab is current}
