"""The organizations of one app registration, by the state of their consent."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.core.explanations import title_of
from portal.core.htmx import render_page
from portal.core.pagination import lost_place, page_by_key
from portal.core.permissions import Permission
from tenants.app_registrations.selectors import find_app_registration
from tenants.consents.models import ConsentState
from tenants.consents.selectors import numbers_by_state, organizations_with_consent, was_checked
from tenants.web.consent_filters import ConsentFilterForm


@require_safe
def listing(request: HttpRequest, app_registration_id: UUID) -> HttpResponse:
    """Show which organizations let the application in, as far as it was seen."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    app_registration = find_app_registration(actor, app_registration_id)
    if app_registration is None:
        raise Http404
    form, cursor = ConsentFilterForm(request.GET), request.GET.get("cursor", "")
    found = organizations_with_consent(actor, app_registration, **form.wanted)
    page = page_by_key(found, order=form.order, cursor=cursor)
    numbers = numbers_by_state(organizations_with_consent(actor, app_registration))
    context = {
        "app_registration": app_registration,
        "form": form,
        "ignored": [*form.ignored(), *lost_place(page, cursor)],
        "choices": form.choices(),
        "sort": form.sort,
        "page": page,
        "rows": [(each, was_checked(each), title_of(each.consent_error_class or "")) for each in page.rows],  # type: ignore[attr-defined]
        "numbers": [(state.value, state.label, numbers.get(state.value, 0)) for state in ConsentState],
    }
    return render_page(request, "tenants/consents/list.html", context)
