"""From the parameters of a plan, as they are sent, back to what a person types for them (exchange-protocol.md 3.4)."""

from collections.abc import Mapping
from typing import Any

from jobs.catalogue.cmdlets import Cmdlet
from jobs.catalogue.text_values import typed_text
from portal.core.secrets.secret import HIDDEN

_TYPE = "@odata.type"


def typed_texts(cmdlet: Cmdlet, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return what to type for each parameter of a plan; without Confirm, which is always sent, and secrets."""
    return {
        name: typed_text(cmdlet.parameters[name], _plain(value))
        for name, value in parameters.items()
        if name in cmdlet.parameters and name != "Confirm" and value != HIDDEN
    }


def _plain(value: Any) -> Any:
    """Return an encoded value without the protocol's type annotations; content in Base64 stays text."""
    if isinstance(value, dict):
        inner = {key: _plain(item) for key, item in value.items() if key != _TYPE}
        return inner["Data"] if value.get(_TYPE, "").endswith("ByteArrayType") else inner
    return [_plain(item) for item in value] if isinstance(value, list) else value
