"""The Celery application: tasks are wake-up calls, the database holds the work."""

import gc
import os
import sys

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init, worker_ready
from kombu.transport import redis, virtual

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")

from django.conf import settings


class MessagesInHand(redis.QoS):
    """The messages that a worker has not answered yet: at most as many as it has threads.

    One whose answer did not reach the broker counts as answered too. Kombu kept it in hand for ever: a worker whose
    threads had all lost the broker at once took nothing more, and never noticed that the connection was gone.
    """

    def ack(self, delivery_tag: str) -> None:
        """Answer one; raises what the broker raises."""
        try:
            super().ack(delivery_tag)
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise


redis.Channel.QoS = MessagesInHand
app = Celery("signalbox", set_as_current=True)
app.set_default()
app.conf.update(settings.CELERY)
app.autodiscover_tasks(["jobs.approvals", "jobs.dispatch", "jobs.reconciliation", "tenants.sync", "tenants.expiry"])


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Stop Celery from replacing the log configuration."""


@worker_init.connect
@beat_init.connect
def refuse_an_unusable_key(**_: object) -> None:
    """Do not start a worker or a scheduler that could open no private key."""
    from django.core.exceptions import ImproperlyConfigured

    from portal.core.secrets.start import require_keys

    try:
        require_keys()
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # Celery would only log any other exception, and go on


@worker_ready.connect
def collect_garbage_less_often(**_: object) -> None:
    """Leave what was loaded at the start out of every collection: with a hundred threads that took 3 % of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
