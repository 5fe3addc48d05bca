"""Settings of `make up`: one machine, loopback, plain HTTP."""

from portal.settings import local

local.load()

from portal.settings.base import *  # noqa: E402, F403 - settings are one namespace; the environment must be complete
from portal.settings.base import STORAGES  # noqa: E402 - as above

STYLEGUIDE = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
STATIC_ROOT = None  # nothing is collected: files are served from where they lie
