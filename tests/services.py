"""PostgreSQL and the broker for the tests, started before Django reads its settings."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from portal.local import postgresql, valkey


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="signalbox-tests-"))
    broker = valkey.start(folder / "valkey")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(broker.stop)
    os.environ["REDIS_URL"] = broker.url
    database = postgresql.start(folder / "postgresql")
    atexit.register(postgresql.remove, folder / "postgresql")
    atexit.register(database.stop)
    os.environ["DATABASE_URL"] = database.url
    os.environ["DATA_DIR"] = str(folder / "data")


# Under xdist the controller starts them, and its workers inherit the addresses.
if "DATABASE_URL" not in os.environ:
    _start()

# Each test process rings its own workers: a numbered database of the broker.
_number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{_number}"
