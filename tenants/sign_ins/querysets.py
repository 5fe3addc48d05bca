"""Questions about sign-ins of technicians."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import CharField
from django.db.models.functions import Cast, Now

from portal.accounts.models import User

if TYPE_CHECKING:
    from tenants.sign_ins.models import PendingSignIn, PersonalSignIn  # noqa: F401 - the querysets' types


class PersonalSignInQuerySet(models.QuerySet["PersonalSignIn"]):
    """Filters over sign-ins of technicians."""

    def alive(self) -> Self:
        """Return those that have not ended, by the database's clock, of people who may still sign in here."""
        people = User.objects.filter(is_active=True).values(text=Cast("pk", CharField()))
        return self.filter(ends_at__gt=Now(), person_id__in=people)

    def of_person(self, person_id: str) -> Self:
        """Return those of one person: nobody else may use or see them."""
        return self.filter(person_id=person_id)

    def ended(self) -> Self:
        """Return those whose time is over, by the database's clock."""
        return self.filter(ends_at__lte=Now())


class PendingSignInQuerySet(models.QuerySet["PendingSignIn"]):
    """Filters over sign-ins under way."""

    def alive(self) -> Self:
        """Return those that can still be finished, by the database's clock."""
        return self.filter(ends_at__gt=Now())

    def ended(self) -> Self:
        """Return those whose time is over, by the database's clock."""
        return self.filter(ends_at__lte=Now())
