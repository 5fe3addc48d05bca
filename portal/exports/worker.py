"""The RQ worker of exports: a process of its own that gives way to whoever carries out runs."""

import os
from typing import Any

from rq import Worker

from portal.core.secrets.start import require_keys

POLITENESS = 10


class YieldingWorker(Worker):
    """Makes each export in a process with a lower priority, so that on a busy machine a bulk run goes first."""

    def work(self, *args: Any, **kwargs: Any) -> bool:
        """Take jobs; not with root keys that do not open what is stored, which raises `ImproperlyConfigured`."""
        require_keys()
        return bool(super().work(*args, **kwargs))

    def main_work_horse(self, *args: Any, **kwargs: Any) -> None:
        """Lower the priority, then do the job."""
        os.nice(POLITENESS)
        super().main_work_horse(*args, **kwargs)
