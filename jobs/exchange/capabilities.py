"""Which cmdlets Exchange offers to an identity in an organization (exchange-protocol.md 3.12)."""

from collections.abc import Iterable

from jobs.exchange.page import json_object

# The module version whose file format is asked for.
MODULE_VERSION = "3.9.2"


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


def exported_cmdlets(body: bytes) -> frozenset[str]:
    """Return the names of the allowed cmdlets in lower case; `UnreadablePage` if the body is no module file."""
    files = json_object(body).get("value")
    texts = [file.get("exportedCmdlets") for file in files or () if isinstance(file, dict)]
    names = ",".join(text for text in texts if isinstance(text, str)).split(",")
    return frozenset(name.strip().lower() for name in names if name.strip())
