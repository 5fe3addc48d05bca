"""By which connection profile a launch gets in: each organization's own, or one for all of them."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.http import QueryDict

from portal.core.actors import Actor
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.selectors import usable_profiles

FIELD = "connect_with"


@dataclass
class ConnectWith:
    """What was chosen, as typed: the id of a profile, or nothing for each organization's own."""

    actor: Actor
    typed: str = ""

    @classmethod
    def read(cls, actor: Actor, data: QueryDict) -> "ConnectWith":
        """Return what a browser sent or a draft kept."""
        return cls(actor, data.get(FIELD, "").strip()[:100])

    @property
    def profile_id(self) -> UUID | None:
        """The profile for all organizations; None where each uses its own."""
        return next((profile.pk for profile in self.profiles if str(profile.pk) == self.typed), None)

    @property
    def is_gone(self) -> bool:
        """Whether the chosen profile cannot be used any more."""
        return bool(self.typed) and self.profile_id is None

    @cached_property
    def profiles(self) -> list[ConnectionProfile]:
        """Those that there are to choose from, by name."""
        return usable_profiles(self.actor)

    @cached_property
    def several_partners(self) -> bool:
        """Whether a profile's name alone does not say whose it is."""
        return len({profile.partner_id for profile in self.profiles}) > 1

    def problems(self) -> list[str]:
        """Return what is wrong with the choice, a sentence each."""
        gone = "The connection profile that was chosen was retired. Choose another, or each organization's own."
        return [gone] if self.is_gone else []
