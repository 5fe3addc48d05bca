"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
application = get_wsgi_application()

from portal.core.secrets.start import require_keys  # noqa: E402 - settings must be there first

require_keys()  # a web server runs no system checks, and must not start without a usable key either
