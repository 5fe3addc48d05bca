"""How long the catalogue takes to load, and a search to answer."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from jobs.catalogue.search import search

LOAD = (
    "import time; began = time.perf_counter(); from jobs.catalogue.search import search; search('mailbox'); "
    "print(time.perf_counter() - began)"
)
SEARCHES = ("mbx perm", "acepted domian", "Get-Mailbox", "transport rule", "quarantine", "set mailbox forwarding")


def main() -> None:
    """Print load and search times."""
    root = Path(__file__).parents[2]
    loads = [
        float(subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, cwd=root, check=True).stdout)
        for _ in range(5)
    ]
    times = []
    for text in SEARCHES * 5:
        began = time.perf_counter()
        search(text)
        times.append(time.perf_counter() - began)
    print(f"catalogue: imported, loaded and first searched in {statistics.median(loads) * 1000:.0f} ms (at most 150)")
    print(f"catalogue: a search takes {statistics.median(times) * 1000:.1f} ms, the slowest {max(times) * 1000:.1f} ms")
