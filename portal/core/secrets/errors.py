"""What can go wrong when a secret is sealed or opened."""


class SecretUnreadable(Exception):
    """The stored secret does not open: another key, another row, or altered bytes."""


class RootKeysUnavailable(SecretUnreadable):
    """The key vault cannot be asked just now; the same secret may open later."""
