"""Run the simulated Microsoft cloud: `python -m portal.sandbox --port P --data DIR --organizations N --seed S`."""

import argparse
import os
import sys
from pathlib import Path

import orjson

from portal.sandbox.app import SandboxApp
from portal.sandbox.certificates import ensure_server_certificate
from portal.sandbox.cloud import Cloud, Settings
from portal.sandbox.doors import Door, open_doors
from portal.sandbox.server import serve

CATALOGUE = Path("jobs/catalogue/data/cmdlets.json")


def main() -> None:
    """Read the command line and serve until stopped."""
    arguments = _parser().parse_args()
    folder: Path = arguments.data
    folder.mkdir(parents=True, exist_ok=True)
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    files = ensure_server_certificate(folder)
    doors, listeners = open_doors(arguments.port, folder / "doors.json")
    plain = listeners.pop(Door.MANAGED_IDENTITY)
    cloud = Cloud(
        Settings(
            folder,
            arguments.organizations,
            arguments.seed,
            arguments.trouble,
            arguments.latency,
            arguments.catalogue,
        ),
        doors,
    )

    def on_ready() -> None:
        content = {
            "url": doors.url(Door.WORLDWIDE),
            "regional_url": doors.regional_url(Door.WORLDWIDE),
            "managed_identity_url": doors.managed_identity_url,
            "clouds": doors.describe(),
            "ca_file": str(files.ca_file.resolve()),
            "pid": os.getpid(),
            "organizations": len(cloud.organizations),
        }
        draft = ready.with_suffix(".draft")
        draft.write_bytes(orjson.dumps(content))
        draft.replace(ready)
        sys.stdout.write(f"Sandbox ready: {content['url']} with {content['organizations']} organizations\n")
        sys.stdout.flush()

    try:
        serve(SandboxApp(cloud), files, [*listeners.values()], plain, on_ready)
    finally:
        ready.unlink(missing_ok=True)
        cloud.ledger.close()
        cloud.logins.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portal.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of the worldwide cloud on 127.0.0.1; 0: a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder for certificates, ready.json and the ledger")
    parser.add_argument("--organizations", type=int, default=300, help="how many customer organizations")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same organizations")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="delay of every answer")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE, help="the cmdlet catalogue")
    parser.add_argument("--trouble", type=float, default=0.1, metavar="SHARE", help="part that does not succeed")
    return parser


if __name__ == "__main__":
    main()
