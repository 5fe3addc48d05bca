"""Stands in for Signalbox's settings: Celery wants some."""

SECRET_KEY = "stand-in"
USE_TZ = True
