"""SecureString parameters arrive encrypted with the module's key (exchange-protocol.md 3.4): here they must open."""

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from portal.sandbox.engine.catalogue import Cmdlet
from portal.sandbox.errors import TRANSFORMATION, CmdletError

_KIND = "secret"


def check_secrets(cmdlet: Cmdlet, given: dict[str, Any], key: RSAPrivateKey) -> None:
    """Raise `CmdletError` for a SecureString that is not base64 of a text encrypted for `key`."""
    for name, value in given.items():
        parameter = cmdlet.parameters.get(name.lower())
        if parameter is None or parameter.kind != _KIND:
            continue
        try:
            key.decrypt(base64.b64decode(str(value), validate=True), PKCS1v15()).decode()
        except ValueError as error:
            raise CmdletError(
                TRANSFORMATION,
                f"Cannot process argument transformation on parameter '{parameter.name}'. "
                'Cannot convert the value to type "System.Security.SecureString".',
            ) from error
