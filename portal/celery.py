"""The Celery application: tasks are wake-up calls, the database holds the work."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")

from django.conf import settings

app = Celery("signalbox", set_as_current=True)
app.set_default()
app.conf.update(settings.CELERY)
app.autodiscover_tasks(["jobs.dispatch", "tenants.sync"])


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Stop Celery from replacing the log configuration."""
