"""The test settings with real services behind them."""

import tests.services  # noqa: F401 - starts PostgreSQL and the broker, and says where they are
from portal.settings.test import *  # noqa: F403 - settings are one namespace by Django's design
