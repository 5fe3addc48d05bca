"""Forms of the pages about the partner and its app registrations."""

from typing import Any

from django import forms

from tenants.microsoft.environments import ENVIRONMENTS, EnvironmentRefused, require_open
from tenants.organizations.clouds import CLOUD_NAMES

MAX_UPLOAD_BYTES = 50_000


class PartnerForm(forms.Form):
    """The MSP's own tenant."""

    name = forms.CharField(max_length=300, label="Name", help_text="The name of your company, for people to read.")
    tenant_id = forms.UUIDField(
        label="Tenant id", help_text="Entra admin center, Overview, Tenant ID. A GUID of 36 characters."
    )
    initial_domain = forms.RegexField(
        regex=r"^[A-Za-z0-9-]+\.(onmicrosoft\.(com|us|de)|partner\.onmschina\.cn)$",
        max_length=253,
        label="Initial domain",
        help_text="It ends in .onmicrosoft.com.",
        error_messages={"invalid": "Type the initial domain of your tenant, for instance contoso.onmicrosoft.com."},
    )
    environment = forms.ChoiceField(
        choices=[(name, f"{name}: {CLOUD_NAMES[name]}") for name in ENVIRONMENTS],
        initial="O365Default",
        label="Environment",
        help_text="The cloud that your tenant is in. Each cloud needs a tenant and an app registration of its own.",
    )

    def clean_environment(self) -> str:
        """Explain why a closed cloud cannot be chosen."""
        try:
            return require_open(self.cleaned_data["environment"]).name
        except EnvironmentRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class AppRegistrationForm(forms.Form):
    """An application of the partner's tenant."""

    display_name = forms.CharField(max_length=200, label="Display name", help_text="As it is called in Entra.")
    application_id = forms.UUIDField(
        label="Application id",
        help_text="App registrations, your application, Application (client) ID. A GUID of 36 characters.",
        error_messages={"invalid": "Type the application (client) id from Entra: a GUID of 36 characters."},
    )


class WriteOnlyTextarea(forms.Textarea):
    """A text that is never rendered back: it may hold a private key."""

    def format_value(self, value: Any) -> str | None:
        """Return nothing."""
        return None


class CertificateForm(forms.Form):
    """A certificate with its private key: a file (PFX or PEM), two files, or a pasted PEM."""

    file = forms.FileField(
        required=False,
        label="File",
        help_text="A PFX file, a PEM file with certificate and private key, or the certificate alone (.cer, .pem).",
    )
    key_file = forms.FileField(
        required=False,
        label="Private key file",
        help_text="Only when the certificate and its private key (PEM) are two files.",
    )
    pem = forms.CharField(
        required=False,
        label="Or paste a PEM",
        strip=False,
        max_length=MAX_UPLOAD_BYTES,
        widget=WriteOnlyTextarea(
            attrs={"class": "code", "rows": 6, "spellcheck": "false", "placeholder": "-----BEGIN CERTIFICATE-----"}
        ),
        help_text="Certificate and private key, in any order. It is never shown again, not even after an error.",
    )
    password = forms.CharField(
        required=False,
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="The password of the PFX file or of the encrypted private key; empty when there is none.",
    )

    def clean(self) -> dict[str, Any]:
        """Want exactly one of file and text, of a sensible size."""
        cleaned = super().clean() or {}
        upload, pem = cleaned.get("file"), (cleaned.get("pem") or "").strip()
        if upload and pem:
            raise forms.ValidationError("Give a file or a pasted PEM, not both.")
        if cleaned.get("key_file") and not upload:
            raise forms.ValidationError("Choose the certificate's file, too: the private key alone is not enough.")
        if not upload and not pem and not self.errors:
            raise forms.ValidationError("Choose a PFX or PEM file, or paste a PEM.")
        for name in ("file", "key_file"):
            if cleaned.get(name) and cleaned[name].size > MAX_UPLOAD_BYTES:
                self.add_error(name, f"The file is larger than {MAX_UPLOAD_BYTES:,} bytes: it is not a certificate.")
        return cleaned


class PartnerSignInForm(forms.Form):
    """The partner's delegated sign-in; the token is written, never shown."""

    user_principal_name = forms.EmailField(
        max_length=320, label="Service account", help_text="The user principal name that signed in."
    )
    refresh_token = forms.CharField(
        max_length=20_000,
        label="Refresh token",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="It replaces the stored one. It is kept encrypted and never shown.",
    )
