"""The Celery application: tasks are wake-up calls, the database holds the work."""

import gc
import os

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")

from django.conf import settings

app = Celery("signalbox", set_as_current=True)
app.set_default()
app.conf.update(settings.CELERY)
app.autodiscover_tasks(["jobs.dispatch", "jobs.reconciliation", "tenants.sync", "tenants.expiry"])


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Stop Celery from replacing the log configuration."""


@worker_init.connect
def refuse_an_unusable_key(**_: object) -> None:
    """Do not start a worker that could open no private key."""
    from portal.core.secrets import check_encryption_key

    check_encryption_key()


@worker_ready.connect
def collect_garbage_less_often(**_: object) -> None:
    """Leave what was loaded at the start out of every collection: with a hundred threads that took 3 % of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
