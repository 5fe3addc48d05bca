"""Which cmdlets Exchange offers to an identity in an organization (exchange-protocol.md 3.12)."""

import base64
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from jobs.exchange.page import UnreadablePage, json_object

# The module version whose file format is asked for.
MODULE_VERSION = "3.9.2"
# Instead of names: every cmdlet that the identity may run.
EVERY_CMDLET = "*"
_KEY_BEGINS, _KEY_ENDS = "<RSAKeyValue>", "</RSAKeyValue>"


def module_file_path(tenant_id: str) -> str:
    """Return the path of the list of allowed cmdlets."""
    return f"/AdminApi/v1.0/{tenant_id}/EXOModuleFile?Version={MODULE_VERSION}"


def banner_path(tenant_id: str) -> str:
    """Return the path that reveals an organization's Security & Compliance region (exchange-protocol.md 1.3)."""
    return f"/adminapi/beta/{tenant_id}/EXOBanner('AutogenSession')?Version={MODULE_VERSION}"


def module_file_headers(cmdlets: Iterable[str]) -> dict[str, str]:
    """Return the headers that ask for these cmdlets only."""
    return {
        "CommandName": ",".join(cmdlets),
        "ps-version": "7.4",
        "exomodule-version": MODULE_VERSION,
        "is-cloud-shell-environment": "False",
        "X-InitializeConnectionContextObjectIdDynamic": "true",
    }


def protection_key(body: bytes) -> RSAPublicKey | None:
    """Return the key inside the module file with which a SecureString is encrypted; None if there is none.

    Raises `UnreadablePage` if the body is no module file, or its key is none.
    """
    files = json_object(body).get("value")
    for file in files or ():
        text = str(file.get("fileContent", "")) if isinstance(file, dict) else ""
        begin, end = text.find(_KEY_BEGINS), text.find(_KEY_ENDS)
        if 0 <= begin < end:
            return _key(text[begin : end + len(_KEY_ENDS)])
    return None


def protect(key: RSAPublicKey, secret: str) -> str:
    """Return a SecureString as it is sent: UTF-8, RSA with PKCS#1 v1.5, base64 (exchange-protocol.md 3.4)."""
    return base64.b64encode(key.encrypt(secret.encode(), PKCS1v15())).decode()


def _key(xml: str) -> RSAPublicKey:
    try:
        return RSAPublicNumbers(e=_number(xml, "Exponent"), n=_number(xml, "Modulus")).public_key()
    except ValueError as error:
        raise UnreadablePage("the key in the module file cannot be read") from error


def _number(xml: str, name: str) -> int:
    text = xml.partition(f"<{name}>")[2].partition(f"</{name}>")[0]
    return int.from_bytes(base64.b64decode(text, validate=True), "big")


def exported_cmdlets(body: bytes) -> frozenset[str]:
    """Return the names of the allowed cmdlets; raises `UnreadablePage` if the body is no module file."""
    files = json_object(body).get("value")
    texts = [file.get("exportedCmdlets") for file in files or () if isinstance(file, dict)]
    names = ",".join(text for text in texts if isinstance(text, str)).split(",")
    return frozenset(name.strip() for name in names if name.strip())
