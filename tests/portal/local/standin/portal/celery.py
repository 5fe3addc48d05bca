"""Stands in for Signalbox's Celery application."""

import os

from celery import Celery

app = Celery("standin", broker=os.environ["REDIS_URL"])
app.conf.worker_enable_remote_control = False
