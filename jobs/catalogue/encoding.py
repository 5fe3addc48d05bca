"""Turn a checked call into the JSON that the Exchange Admin API takes (exchange-protocol.md 3.4)."""

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from jobs.catalogue.availability import CLASSIC_CMDLETS
from jobs.catalogue.cmdlets import find
from jobs.catalogue.parameter_names import COMMON_PARAMETERS
from jobs.catalogue.secret_values import SecretValue
from jobs.catalogue.validation import ValidCall
from portal.core.secrets.secret import HIDDEN

JSON: TypeAlias = "str | int | float | bool | list[JSON] | dict[str, JSON] | None"

_HASHTABLE = "#Exchange.GenericHashTable"
_BYTES = "#Exchange.ByteArrayType"
_FILTERS = frozenset({"Filter", "RecipientFilter", "RecipientPreviewFilter"})
_QUOTED_OR_BOOLEAN = re.compile(r"'(?:[^']|'')*'|\$(true|false)\b", re.IGNORECASE)
# Get-EXO* names a mailbox in four ways; the classic cmdlets take each of them as Identity (exchange-protocol.md 3.10).
_IDENTITIES = ("ExternalDirectoryObjectId", "PrimarySmtpAddress", "UserPrincipalName")


def wire_cmdlet(call: ValidCall) -> str:
    """Return the cmdlet to name in the request: the classic one for a Get-EXO* cmdlet."""
    return CLASSIC_CMDLETS.get(call.cmdlet.name, call.cmdlet.name)


def encode(call: ValidCall) -> dict[str, JSON]:
    """Return the `Parameters` object of the request for `wire_cmdlet(call)`.

    Datetimes are UTC. Secrets are hidden: `encode_secrets` has them. Confirm is sent as false for every cmdlet that has
    it: otherwise the service asks and does nothing. PowerShell's common parameters stay here: ErrorAction must not hide
    an error that we have to record.
    """
    encoded: dict[str, JSON] = {}
    for name, value in _wire_parameters(call).items():
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            encoded[f"{name}@odata.type"] = "#Collection(Exchange.GenericHashTable)"
        encoded[name] = _filter(value) if name in _FILTERS and isinstance(value, str) else _value(value)
    confirm = find(wire_cmdlet(call)).parameters.get("Confirm")
    if confirm and call.service in confirm.services:
        encoded["Confirm"] = False
    return encoded


def encode_secrets(call: ValidCall) -> dict[str, SecretValue]:
    """Return the secrets of the request for `wire_cmdlet(call)` by parameter name, each as JSON."""
    secrets = {name: value for name, value in _wire_parameters(call).items() if isinstance(value, SecretValue)}
    return {name: encode_secret(secret) for name, secret in secrets.items()}


def encode_secret(secret: SecretValue) -> SecretValue:
    """Return a typed secret as JSON."""
    return SecretValue(_value(secret.reveal()), secret.is_protected)


def _wire_parameters(call: ValidCall) -> dict[str, object]:
    own = {name: value for name, value in call.parameters.items() if name not in COMMON_PARAMETERS}
    if call.cmdlet.name not in CLASSIC_CMDLETS:
        return own
    classic = find(wire_cmdlet(call)).parameters
    renamed = {
        "Identity" if name in _IDENTITIES and name not in classic else _classic_name(name): value
        for name, value in own.items()
    }
    # What is left over chooses columns (Properties, PropertySets); every column comes back anyway.
    return {name: value for name, value in renamed.items() if name in classic and classic[name].services}


def _classic_name(name: str) -> str:
    """Return the spelling of a Get-EXO* parameter on the classic cmdlet."""
    return {"Folderscope": "FolderScope"}.get(name, name)


def _value(value: object) -> JSON:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, SecretValue):
        return HIDDEN
    if isinstance(value, datetime):
        return value.replace(microsecond=0, tzinfo=None).isoformat(" ") + "Z"
    for kind, encoder in _ENCODERS:
        if isinstance(value, kind):
            return encoder(value)
    raise TypeError(f"a validated value cannot be a {type(value).__name__}")


def _hashtable(value: dict[str, object]) -> JSON:
    return {"@odata.type": _HASHTABLE, **{key: _value(item) for key, item in value.items()}}


def _bytes(value: bytes) -> JSON:
    return {"@odata.type": _BYTES, "Data": base64.b64encode(value).decode()}


def _list(value: list[object]) -> JSON:
    return [_value(item) for item in value]


_ENCODERS: tuple[tuple[type, Callable[..., JSON]], ...] = ((dict, _hashtable), (bytes, _bytes), (list, _list))


def _filter(text: str) -> str:
    """Write PowerShell's booleans as the service reads them, except inside quoted text."""
    return _QUOTED_OR_BOOLEAN.sub(lambda m: f"'{m.group(1).capitalize()}'" if m.group(1) else m.group(), text)
