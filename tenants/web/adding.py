"""Adding organizations by hand: first what was found, and only after a second yes the change itself."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.templatetags.presentation import counted
from tenants.clouds.adding import Candidate, add_organization, examine
from tenants.clouds.wanted import Wanted, read_wanted
from tenants.partner.models import Partner
from tenants.partner.selectors import partners_with_sign_in

AT_ONCE = 30


class OrganizationsForm(forms.Form):
    """Whose organizations they are, and what they are called."""

    partner = forms.ChoiceField(label="Partner", help_text="It must be in the cloud that the organizations are in.")
    organizations = forms.CharField(
        label="Domains or tenant ids",
        max_length=20_000,
        widget=forms.Textarea(attrs={"class": "code", "rows": 5, "spellcheck": "false", "placeholder": "contoso.com"}),
        help_text=f"One a line, at most {AT_ONCE}; a name may follow after a comma. Longer lists: manage.py "
        "add_organization --file.",
    )

    def clean_organizations(self) -> list[Wanted]:
        """Read the lines."""
        wanted = read_wanted(self.cleaned_data["organizations"])
        if not wanted:
            raise forms.ValidationError("Type at least one domain or tenant id.")
        if len(wanted) > AT_ONCE:
            raise forms.ValidationError(f"These are {len(wanted)}. Add at most {AT_ONCE} at once.")
        return wanted


@dataclass(frozen=True, slots=True)
class Line:
    """What was found out about one line; `problem` says why it cannot be added."""

    wanted: Wanted
    candidate: Candidate | None = None
    problem: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Look organizations up, show in which cloud each is, and add those that can be added."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_ADD)
    connected = sorted(partners_with_sign_in(), key=lambda each: not each.has_gdap)
    partners = {str(partner.pk): partner for partner in connected}
    form = OrganizationsForm(request.POST if request.method == "POST" else None)
    form.fields["partner"].choices = [(key, f"{p.name} ({p.environment})") for key, p in partners.items()]  # type: ignore[attr-defined]
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, bool(partners), (), status=422 if request.method == "POST" else 200)
    partner, wanted = partners[form.cleaned_data["partner"]], form.cleaned_data["organizations"]
    if request.POST.get("confirmed") == "yes":
        return _add(request, actor, partner, wanted)
    lines = [_examined(actor, partner, each) for each in wanted]
    refused = any(line.problem for line in lines)
    return _page(request, form, bool(partners), lines, status=422 if refused else 200)


def _add(request: HttpRequest, actor: Actor, partner: Partner, wanted: list[Wanted]) -> HttpResponse:
    added = 0
    for each in wanted:
        try:
            add_organization(
                actor=actor, partner=partner, domain_or_tenant_id=each.domain_or_tenant_id, title=each.title
            )
            added += 1
        except Refused as refusal:
            messages.warning(request, str(refusal))
    messages.success(request, f"{counted(added, 'organization')} of {partner.name} added. Test the connection next.")
    return HttpResponseRedirect(reverse("tenants:organizations"), status=303)


def _examined(actor: Actor, partner: Partner, wanted: Wanted) -> Line:
    try:
        return Line(wanted, examine(actor=actor, partner=partner, domain_or_tenant_id=wanted.domain_or_tenant_id))
    except Refused as refusal:
        return Line(wanted, problem=str(refusal))


def _page(
    request: HttpRequest, form: OrganizationsForm, has_partner: bool, lines: "list[Line] | tuple[()]", *, status: int
) -> HttpResponse:
    good = [line for line in lines if line.candidate]
    text = "\n".join(f"{line.wanted.domain_or_tenant_id}, {line.wanted.title}" for line in good)
    context = {"form": form, "has_partner": has_partner, "lines": lines, "good": good, "text": text}
    return render_page(request, "tenants/organizations/add.html", context, status=status)
