"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
application = get_wsgi_application()

from portal.core.secrets import check_encryption_key  # noqa: E402 - settings must be there first

check_encryption_key()  # a web server runs no system checks, and must not start without a usable key either
