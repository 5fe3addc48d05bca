"""Whether a partner's people may connect with user name and password."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.accounts.web.access import actor_of
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from tenants.partner.selectors import find_partner
from tenants.profiles.methods import BY_PASSWORD
from tenants.profiles.selectors import visible_profiles
from tenants.profiles.services import allow_passwords


@require_http_methods(["GET", "HEAD", "POST"])
def passwords(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Explain the risk and allow passwords, or forbid them again."""
    actor = actor_of(request)
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    partner = find_partner(partner_id)
    if partner is None:
        raise Http404
    allowed = not partner.allows_passwords
    if request.method == "POST":
        if not allowed or request.POST.get("confirmed") == "yes":
            allow_passwords(actor=actor, partner=partner, allowed=allowed)
            word = "may now be used" if allowed else "may no longer be used"
            messages.success(request, f"User name and password {word} for {partner}.")
            return HttpResponseRedirect(reverse("tenants:profiles"), status=303)
        messages.warning(request, "Nothing was changed: the box was not ticked.")
    using = visible_profiles(actor).in_use().filter(partner=partner, method__in=BY_PASSWORD)
    context = {"partner": partner, "allow": allowed, "profiles": list(using.order_by("name", "pk"))}
    status = 422 if request.method == "POST" else 200
    return render_page(request, "tenants/profiles/passwords.html", context, status=status)
