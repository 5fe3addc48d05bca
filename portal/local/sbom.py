"""The bill of materials: what `requirements.txt` pins, as CycloneDX, for whoever has to know what runs here."""

import json
import re
import tomllib
import uuid
from collections.abc import Iterator
from typing import Any

from portal.local.paths import REPOSITORY

LOCK = REPOSITORY / "requirements.txt"
SBOM = REPOSITORY / "docs" / "sbom.cdx.json"

_PINNED = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))? *\\?$"
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def write() -> int:
    """Write the bill of the present lock file."""
    SBOM.write_text(text(), encoding="utf-8")
    print(f"{SBOM.relative_to(REPOSITORY)}: {len(json.loads(text())['components'])} packages")
    return 0


def text() -> str:
    """Return the bill as it belongs to the present lock file: the same lock gives the same bytes."""
    return json.dumps(bill(LOCK.read_text(encoding="utf-8")), indent=1) + "\n"


def bill(lock: str) -> dict[str, Any]:
    """Return the CycloneDX document of the text of a lock file."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = {"type": "application", "bom-ref": "signalbox", "name": project["name"], "version": project["version"]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, lock)}",
        "version": 1,
        "metadata": {"component": {**own, "licenses": [{"license": {"id": project["license"]}}]}},
        "components": list(_components(lock)),
    }


def _components(lock: str) -> Iterator[dict[str, Any]]:
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        found = _PINNED.match(entry.partition("\n")[0])
        if found is None:
            raise ValueError(f"This entry of the lock file pins nothing: {entry[:80]}")
        name, version = found["name"], found["version"]
        purl = f"pkg:pypi/{name}@{version}"
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            "externalReferences": [
                {
                    "type": "distribution",
                    "url": f"https://pypi.org/project/{name}/{version}/",
                    "hashes": [{"alg": "SHA-256", "content": digest} for digest in _HASH.findall(entry)],
                }
            ],
            **({"properties": [{"name": "signalbox:marker", "value": found["marker"]}]} if found["marker"] else {}),
        }
