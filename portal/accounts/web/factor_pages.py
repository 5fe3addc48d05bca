"""What the pages about second factors share: the typed code, the passkey's answer, the picture for an app."""

import json

import segno
from django import forms
from django.http import HttpRequest

from portal.accounts.factors.passkeys import prove_by_passkey
from portal.accounts.factors.services import FactorRefused, prove_by_code
from portal.accounts.models import User


class CodeForm(forms.Form):
    """A code of an authenticator app, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        required=False,
        help_text="The six digits that your authenticator app shows now, or a recovery code.",
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True}),
    )


def proved_by(request: HttpRequest, person: User, form: CodeForm) -> str:
    """Return by what a person proved to be there with what was posted; raises `FactorRefused`."""
    if answer := request.POST.get("passkey", ""):
        state = request.session.pop("passkey", None)
        try:
            told = json.loads(answer)
        except ValueError as error:
            raise FactorRefused("The browser's answer cannot be read. Try again.") from error
        if state is None or not isinstance(told, dict):
            raise FactorRefused("This question was answered already, or never asked. Try again.")
        return prove_by_passkey(person=person, host=request.get_host(), state=state, answer=told)
    if not form.is_valid() or not form.cleaned_data["code"]:
        raise FactorRefused("Type the code, or use a passkey.")
    return prove_by_code(person=person, typed=form.cleaned_data["code"])


def picture_of(address: str) -> str:
    """Return the picture that an authenticator app reads, as the address of an image."""
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=2, dark="#000", light="#fff"))
