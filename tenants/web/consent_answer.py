"""Where an administrator arrives who has opened an admin-consent link: what happened, in words."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from tenants.consents.links import Answer, AnswerRefused, read_answer
from tenants.tokens.explanations import BY_CODE


@login_not_required
@require_safe
def answer(request: HttpRequest) -> HttpResponse:
    """Say what Microsoft answered. Nothing is stored: only a token proves a consent, and a test asks for one."""
    try:
        told = read_answer(request.GET)
    except AnswerRefused as refusal:
        return render_page(request, "tenants/consents/answer.html", {"refusal": str(refusal)}, status=422)
    context = {"answer": told, **_words(told), "test_url": _test_url(request, told)}
    return render_page(request, "tenants/consents/answer.html", context)


def _words(told: Answer) -> dict[str, str]:
    """Return title, meaning and fix."""
    name, application = told.organization.name, told.app_registration.display_name
    if told.is_granted:
        return {
            "title": f"{name} has consented to {application}",
            "meaning": "So Microsoft says. Whether a token is issued now shows the connection test; it can take some "
            "minutes until every part of Microsoft's cloud knows.",
            "fix": "",
        }
    if not told.error:
        return {
            "title": "The consent was given somewhere else",
            "meaning": f"The link was made for {name}, and whoever opened it signed in to another tenant.",
            "fix": f"Open the link again in a private window, signed in as a Global Administrator of {name}.",
        }
    known = BY_CODE.get(told.code.removeprefix("AADSTS"))
    return {
        "title": f"{name} has not consented to {application}",
        "meaning": known.meaning if known else "Whoever opened the link cancelled, or may not consent.",
        "fix": known.fix if known else "Have a Global Administrator of the organization open the link again.",
    }


def _test_url(request: HttpRequest, told: Answer) -> str:
    """Return where the connection is tested; empty for those who may not, as the customer's own administrator."""
    if not request.user.is_authenticated or not actor_of(request).has(Permission.RUN_LAUNCH):
        return ""
    return f"{reverse('jobs:connection-test')}?{urlencode({'organization': str(told.organization.pk)})}"
