"""`make test`: every check in order, none skipped because an earlier one failed."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from portal.local.environment import cleaned
from portal.local.paths import REPOSITORY

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
INSTALL_SECONDS = 600
TEST_SERVERS = ("--settings", "tests.settings")


@dataclass(frozen=True)
class Check:
    """One tool with its arguments, run from the clone's top folder."""

    title: str
    command: tuple[str, ...]


CHECKS = (
    Check("ruff: lint", ("ruff", "check")),
    Check("ruff: format", ("ruff", "format", "--check")),
    Check("mypy", ("mypy", "portal", "tenants", "jobs", "tests", "manage.py")),
    Check("import-linter", ("lint-imports",)),
    Check("djlint", ("djlint", "templates", "--lint", "--quiet")),
    Check("migrations are complete", ("python", "manage.py", "makemigrations", "--check", "--dry-run", *TEST_SERVERS)),
    Check("tests", ("pytest", "-n", "2", "--dist", "loadfile")),
    Check("a share of the faults", ("python", "-m", "tests.faults", "--share")),
)


def check() -> int:
    """Run all checks with a heading and a time each, then name those that failed; returns 1 if any did."""
    _see_that_there_is_a_browser()
    failed = [each.title for each in CHECKS if not _passes(each)]
    passed = len(CHECKS) - len(failed)
    print(f"\n== {passed} of {len(CHECKS)} passed" + (f"; failed: {', '.join(failed)}" if failed else ""), flush=True)
    return 1 if failed else 0


def _passes(each: Check) -> bool:
    print(f"\n== {each.title}", flush=True)
    programs = Path(sys.executable).parent
    variables = cleaned(os.environ)
    variables.pop("DJANGO_SETTINGS_MODULE", None)  # would overrule the one that pyproject.toml names for the tests
    variables["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    began = time.monotonic()
    status = subprocess.run(
        (str(programs / each.command[0]), *each.command[1:]), cwd=REPOSITORY, env=variables, check=False
    ).returncode
    print(f"== {each.title}: {'passed' if status == 0 else 'FAILED'} in {time.monotonic() - began:.1f} s", flush=True)
    return status == 0


def _see_that_there_is_a_browser() -> None:
    """Install Chromium for the browser tests where that takes no question: Debian or Ubuntu, as root or with sudo."""
    if any(map(shutil.which, BROWSERS)):
        return
    privilege = () if os.geteuid() == 0 else ("sudo", "-n")
    apt = shutil.which("apt-get")
    if apt is None or (privilege and shutil.which("sudo") is None):
        print("No Chromium found and none can be installed here: the browser tests will say so.", flush=True)
        return
    print("Installing Chromium for the browser tests (about 40 s) …", flush=True)
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", "chromium")):
        command = (*privilege, apt, *arguments)
        try:
            done = subprocess.run(
                command, env=variables, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
            )
        except subprocess.TimeoutExpired:
            print(f"{' '.join(command)} took longer than {INSTALL_SECONDS} s.", flush=True)
            return
        if done.returncode:
            print(f"{' '.join(command)} failed with status {done.returncode}: {done.stderr.strip()[-300:]}", flush=True)
