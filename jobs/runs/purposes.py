"""What a run is for."""

from django.db.models import TextChoices


class Purpose(TextChoices):
    """Why a run exists: for what its cmdlet does, or to learn whether and as what one gets in."""

    CMDLET = "", "Cmdlet"
    CONNECTION_TEST = "connection_test", "Connection test"
