"""Relationships that end soon and do not extend themselves, across all organizations."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.accounts.web.access import actor_of
from portal.core.filters import ChoiceRow, Sorted, choice_field, text_field
from portal.core.htmx import render_page
from portal.core.pagination import lost_place, page_by_key
from portal.core.permissions import Permission
from tenants.expiry.selectors import GLOBAL_ADMINISTRATOR, expiring
from tenants.expiry.thresholds import RELATIONSHIP_DAYS
from tenants.relationships.roles import role_name


class ExpiringForm(Sorted):
    """Narrows the relationships by how soon they end, and by name or domain of the organization."""

    SORTS: ClassVar = {"ends": "end_at", "organization": "organization__name"}
    FIRST = "ends"

    within = choice_field("Ends", [(str(days), f"within {days} days") for days in RELATIONSHIP_DAYS])
    q = text_field("Organization", search=True)

    @property
    def wanted(self) -> dict[str, Any]:
        """What these values mean, for `expiring`."""
        chosen = self.chosen()
        return {"within": int(chosen.get("within") or max(RELATIONSHIP_DAYS)), "text": chosen.get("q", "")}

    def words(self, name: str, value: Any) -> str:
        """Return one filter in words."""
        return f"end within {value} days" if name == "within" else f"in “{value}”"

    def choices(self) -> list[ChoiceRow]:
        """Return the filters that are one click."""
        spans = [self.choice("within", str(days), f"within {days} days") for days in RELATIONSHIP_DAYS]
        return [ChoiceRow("Ends", spans)]

    @property
    def typed(self) -> list[forms.BoundField]:
        """The fields that are typed into."""
        return [self["q"]]

    @property
    def kept(self) -> list[forms.BoundField]:
        """The fields that are one click, kept while others are typed into."""
        return [self["within"]]


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the relationships, the one that ends first on top."""
    actor = actor_of(request)
    actor.require(Permission.ORGANIZATION_READ)
    form, cursor = ExpiringForm(request.GET), request.GET.get("cursor", "")
    page = page_by_key(expiring(actor, now=timezone.now(), **form.wanted), order=form.order, cursor=cursor)
    rows = [(each, sorted(map(role_name, each.role_ids))) for each in page.rows]
    context = {
        "form": form,
        "ignored": [*form.ignored(), *lost_place(page, cursor)],
        "choices": form.choices(),
        "sort": form.sort,
        "page": page,
        "rows": [(each, roles, GLOBAL_ADMINISTRATOR in roles) for each, roles in rows],
    }
    return render_page(request, "tenants/relationships/expiring.html", context)
