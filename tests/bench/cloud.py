"""A simulated cloud without troubles for measurements."""

import json
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tenants.microsoft.http import light_client
from tests.live import ROOT, Sandbox


@contextmanager
def bench_cloud(organizations: int) -> Iterator[Sandbox]:
    """Start it with so many organizations in the worldwide cloud, point this process's settings to it, and stop it.

    A twentieth is added, because some of them are in national clouds.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "portal.sandbox", "--port", "0", "--data", folder, "--trouble", "0"]
        with subprocess.Popen(
            [*command, "--organizations", str(organizations * 21 // 20), "--seed", "7"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout
            assert select.select([process.stdout], [], [], 60)[0]
            process.stdout.readline()
            ready = json.loads((Path(folder) / "ready.json").read_text())
            sandbox = Sandbox(
                ready["url"], ready["clouds"], ready["ca_file"], process, light_client(ca_file=ready["ca_file"])
            )
            sandbox.lead_here(settings)
            try:
                yield sandbox
            finally:
                process.terminate()
