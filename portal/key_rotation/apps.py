from django.apps import AppConfig


class KeyRotationConfig(AppConfig):
    """Sealing every stored secret anew with the current root key."""

    name = "portal.key_rotation"
    label = "key_rotation"
