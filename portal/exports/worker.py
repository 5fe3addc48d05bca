"""The RQ worker of exports: a process of its own that gives way to whoever carries out runs."""

import os
from typing import Any

from rq import Worker

POLITENESS = 10


class YieldingWorker(Worker):
    """Makes each export in a process with a lower priority, so that on a busy machine a bulk run goes first."""

    def main_work_horse(self, *args: Any, **kwargs: Any) -> None:
        """Lower the priority, then do the job."""
        os.nice(POLITENESS)
        super().main_work_horse(*args, **kwargs)
