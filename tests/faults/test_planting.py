"""Every kill point and every planted bug still finds its place in the product; each is tried apart from the others."""

import os
import subprocess
import sys

import pytest

from tests.faults.bugs import BUGS
from tests.live import ROOT

INSTALL_POINTS = """
import pathlib
from tests.faults import points
from tests.faults.armed import Fuse
points.install(Fuse(pathlib.Path("/nowhere")))
"""
IN_A_FORK = """
import os, sys, django
django.setup()
from tests.faults import bugs
failed = []
for name in bugs.BUGS:
    child = os.fork()
    if child == 0:
        try:
            bugs.plant(name)
        except BaseException as error:
            print(f"{name}: {type(error).__name__}: {error}", flush=True)
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        failed.append(name)
sys.exit(len(failed))
"""


@pytest.mark.parametrize("program", [INSTALL_POINTS, IN_A_FORK], ids=["kill points", "planted bugs"])
def test_what_is_patched_is_there(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{program}"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings.test"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_there_are_enough_of_both() -> None:
    from tests.faults.points import POINTS

    assert len(BUGS) >= 15
    assert len({point.name for point in POINTS}) == len(POINTS) >= 12
