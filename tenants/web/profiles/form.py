"""The form of a connection profile: only the fields of its method."""

from datetime import datetime
from typing import Any

from django import forms

from portal.core.templatetags.presentation import counted, day, days_left
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.partner.models import Partner
from tenants.profiles.methods import Delegation, Method, ProfileService
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.selectors import certificates_of, registrations_of
from tenants.profiles.validation import ProfileValues
from tenants.profiles.words import DELEGATION_MEANINGS
from tenants.web.forms import WriteOnlyTextarea

# A token that msal or Az hands out has 1,500 to 4,000 characters; a header of more than 16 KiB is refused everywhere.
LONGEST_TOKEN = 16_000


class SelectWithClosed(forms.Select):
    """A select whose closed values can be seen and not chosen."""

    closed: frozenset[str] = frozenset()

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return an option, disabled where it is closed."""
        option: dict[str, Any] = super().create_option(*args, **kwargs)
        if str(option["value"]) in self.closed:
            option["attrs"]["disabled"] = True
        return option


class EnvironmentSelect(SelectWithClosed):
    """The clouds; the closed one says so."""

    closed = frozenset(name for name, environment in ENVIRONMENTS.items() if environment.closed)


def environment_choices() -> list[tuple[str, str]]:
    """Return the environments in Exchange's own names."""
    closed = " (closed by Microsoft in 2021: nobody can connect)"
    named = [(name, name + (closed if environment.closed else "")) for name, environment in ENVIRONMENTS.items()]
    return [("", "Each organization's own"), *named]


class ProfileForm(forms.Form):
    """A connection profile of one method for one partner."""

    name = forms.CharField(max_length=200, label="Name", help_text="For instance “Application with certificate”.")
    user_principal_name = forms.EmailField(
        max_length=320,
        required=False,
        label="User principal name",
        help_text="Empty: the account of whoever launches the run.",
    )
    delegation = forms.ChoiceField(required=False, label="How the account gets in", widget=forms.RadioSelect)
    app_registration = forms.ChoiceField(required=False, label="App registration")
    thumbprint = forms.ChoiceField(required=False, label="Certificate")
    managed_identity = forms.CharField(
        max_length=400,
        label="Managed identity account id",
        help_text="The client id of the user-assigned managed identity: a GUID of 36 characters.",
    )
    access_token = forms.CharField(
        max_length=LONGEST_TOKEN,
        label="Access token",
        widget=WriteOnlyTextarea(attrs={"class": "code", "rows": 5, "spellcheck": "false", "autocomplete": "off"}),
        help_text="It is checked, kept encrypted, and never shown again, not even after an error.",
    )
    service = forms.ChoiceField(choices=ProfileService.choices, label="Service")
    environment = forms.ChoiceField(
        required=False,
        choices=environment_choices,
        label="Environment",
        widget=EnvironmentSelect,
        help_text="As -ExchangeEnvironmentName. Each organization's own fits nearly always.",
    )
    note = forms.CharField(
        max_length=1000, required=False, label="Note", widget=forms.Textarea({"rows": 2}), help_text="For colleagues."
    )

    def __init__(
        self, partner: Partner, method: Method, *args: Any, stored: ConnectionProfile | None = None, **kw: Any
    ):
        super().__init__(*args, **kw)
        self.partner, self.method = partner, method
        for name in self.fields.keys() - fields_of(method):
            del self.fields[name]
        self._fill()
        if stored and stored.sealed_access_token and "access_token" in self.fields:
            self.fields["access_token"].required = False
            self.fields["access_token"].help_text = "Empty keeps the one that is stored. It is never shown."

    def values(self) -> ProfileValues:
        """Return what was typed; only after `is_valid`."""
        typed = dict(self.cleaned_data)
        registration = typed.pop("app_registration", "")
        known = {str(each.pk): each for each in registrations_of(self.partner)} if registration else {}
        return ProfileValues(
            method=self.method,
            app_registration=known.get(registration),
            service=ProfileService(typed.pop("service")),
            delegation=Delegation(typed.pop("delegation", "")),
            **typed,
        )

    def refuse(self, message: str, field: str) -> None:
        """Show a refusal where it belongs."""
        self.add_error(field if field in self.fields else None, message)

    def _fill(self) -> None:
        """Put in what there is to choose from."""
        if "delegation" in self.fields:
            ways = [each for each in Delegation if each or self.method is not Method.DELEGATED]
            self._choose("delegation", [(each.value, DELEGATION_MEANINGS[each]) for each in ways])
            self.fields["delegation"].required = self.method is Method.DELEGATED
        if "app_registration" in self.fields:
            known = [(str(each.pk), each.display_name) for each in registrations_of(self.partner)]
            self._choose("app_registration", [("", f"Any of {self.partner}"), *known])
        if "thumbprint" in self.fields:
            pinned = [
                (each.thumbprint, f"{each.thumbprint}, {each.app_registration}: {_left(each.not_after)}")
                for each in certificates_of(self.partner)
            ]
            self._choose("thumbprint", [("", "The one in use: moves on to the next by itself"), *pinned])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices


def fields_of(method: Method) -> set[str]:
    """Return the fields that a profile of `method` has."""
    names = {"name", "service", "environment", "note"}
    if method.is_by_certificate:
        names |= {"app_registration", "thumbprint"}
    if method in (Method.DELEGATED, Method.INTERACTIVE):
        names.add("app_registration")
    if method.may_be_delegated:
        names.add("delegation")
    if method.is_personal:
        names.add("user_principal_name")
    if method is Method.MANAGED_IDENTITY_USER:
        names.add("managed_identity")
    if method is Method.ACCESS_TOKEN:
        names.add("access_token")
    return names


def stored_values(profile: ConnectionProfile) -> dict[str, str]:
    """Return a profile as the form shows it first; never its token."""
    return {
        "name": profile.name,
        "service": profile.service,
        "environment": profile.environment,
        "delegation": profile.delegation,
        "app_registration": str(profile.app_registration_id or ""),
        "thumbprint": profile.thumbprint,
        "user_principal_name": profile.user_principal_name,
        "managed_identity": profile.managed_identity,
        "note": profile.note,
    }


def _left(moment: datetime) -> str:
    left = days_left(moment)
    return f"expired on {day(moment)}" if left < 0 else f"{counted(left, 'day')} left"
