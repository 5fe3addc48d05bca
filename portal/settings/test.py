"""Settings of the tests; the services' addresses are set by `tests/conftest.py` before Django starts."""

import os

os.environ.setdefault("SECRET_KEY", "tests-only")
os.environ.setdefault("ENCRYPTION_KEY", "dGVzdHMtb25seS1lbmNyeXB0aW9uLWtleS0zMmJ5dGU=")
os.environ.setdefault("DATABASE_URL", "postgresql://unset@127.0.0.1:1/unset")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")

from portal.settings.dev import *  # noqa: F403 - the environment must be complete first

ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["tests.hashers.QuickArgon2Hasher"]
EGRESS_HOSTS = ["127.0.0.1:*", "localhost:*", "::1:*"]  # servers that tests start at ports of their own
