"""What a person types to begin a sign-in."""

from typing import Any

from django import forms
from django.http import QueryDict

from portal.core.actors import Actor
from tenants.organizations.models import Organization
from tenants.organizations.search import organization_exactly, search_organizations
from tenants.profiles.methods import Method
from tenants.profiles.models import ConnectionProfile


class SignInForm(forms.Form):
    """Where to sign in, unless the profile says it, and user name and password for a profile that takes them."""

    organization = forms.CharField(
        max_length=300,
        label="Organization",
        help_text="The one in which you have an account: its domain, name or tenant id.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    user_principal_name = forms.EmailField(
        max_length=320, label="User name", widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        max_length=256,
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="It is sent to Microsoft once and kept nowhere: not in the database, not in a log.",
    )

    def __init__(self, actor: Actor, profile: ConnectionProfile, data: QueryDict | None, **options: Any) -> None:
        super().__init__(data, **options)
        self._actor = actor
        if profile.delegation:
            del self.fields["organization"]
        if not Method(profile.method).uses_password:
            del self.fields["user_principal_name"], self.fields["password"]

    def clean_organization(self) -> Organization:
        """Return the one organization that is meant."""
        text = self.cleaned_data["organization"]
        exactly = organization_exactly(actor=self._actor, text=text)
        found = [exactly] if exactly else search_organizations(actor=self._actor, text=text, number=5)
        if not found:
            raise forms.ValidationError("No organization is called so. Type its domain, as the list of them shows it.")
        if len(found) > 1:
            domains = ", ".join(organization.default_domain for organization in found)
            raise forms.ValidationError(f"Several organizations match. Type the domain of one: {domains} …")
        return found[0]
