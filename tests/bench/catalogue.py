"""How long the catalogue takes to load, and a search to answer."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from jobs.catalogue.powershell_reading import MOST_BYTES, read_powershell
from jobs.catalogue.search import find_cmdlets

LOAD = (
    "import time; began = time.perf_counter(); from jobs.catalogue.search import search; search('mailbox'); "
    "print(time.perf_counter() - began)"
)
LONGEST_LINE = f"Set-Mailbox bob -EmailAddresses {', '.join(f'user{number}@contoso.com' for number in range(2500))}"
SEARCHES = (
    *("", "m", "set-mailbx", "forwarding adress", "mbx perm", "acepted domian", "Get-Mailbox", "transport rule"),
    *("quarantine", "set mailbox forwarding"),
)


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
        find_cmdlets(text, {"risk": "change"})
        times.append(time.perf_counter() - began)
    print(f"catalogue: imported, loaded and first searched in {statistics.median(loads) * 1000:.0f} ms (at most 150)")
    print(f"catalogue: a search takes {statistics.median(times) * 1000:.1f} ms, the slowest {max(times) * 1000:.1f} ms")
    began = time.perf_counter()
    read_powershell(LONGEST_LINE)
    took = (time.perf_counter() - began) * 1000
    print(f"catalogue: reading a pasted command of {len(LONGEST_LINE):,} bytes (of {MOST_BYTES:,}) takes {took:.0f} ms")
