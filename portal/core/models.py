"""The models of the core, for Django."""

from portal.core.secrets.models import PurposeKey

__all__ = ["PurposeKey"]
