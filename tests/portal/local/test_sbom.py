"""The bill of materials names what the lock file pins, and the lock file pins everything by its hash."""

import json
import re

import pytest

from portal.local import sbom
from portal.local.paths import REPOSITORY

LOCKS = ("requirements.txt", "requirements-test.txt")


def test_the_bill_is_in_step_with_the_lock_file() -> None:
    assert sbom.SBOM.read_text(encoding="utf-8") == sbom.text(), "run `make sbom`"


def test_it_names_every_package_with_its_files_hashes() -> None:
    pinned = re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==([^ ;\\]+)", sbom.LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    document = json.loads(sbom.text())
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert [(each["name"], each["version"]) for each in document["components"]] == pinned
    assert len({each["bom-ref"] for each in document["components"]}) == len(pinned) > 50
    assert all(each["externalReferences"][0]["hashes"] for each in document["components"])


@pytest.mark.parametrize("name", LOCKS)
def test_nothing_is_pinned_without_a_hash(name: str) -> None:
    entries = re.split(r"\n(?=\S)", (REPOSITORY / name).read_text(encoding="utf-8").strip())
    assert [entry[:60] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_a_line_that_pins_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="pins nothing"):
        sbom.bill("django>=5\n")


def test_markers_are_kept() -> None:
    lock = f"uvloop==0.23.0 ; sys_platform != 'win32' \\\n    --hash=sha256:{'a' * 64}\n"
    (component,) = sbom.bill(lock)["components"]
    assert component["properties"] == [{"name": "signalbox:marker", "value": "sys_platform != 'win32'"}]
