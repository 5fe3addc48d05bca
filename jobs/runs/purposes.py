"""What a run is for."""

from django.db.models import TextChoices


class Purpose(TextChoices):
    """Why a run exists: for what its cmdlets do, to learn whether one gets in, or to read unknown outcomes back."""

    CMDLET = "", "Cmdlet"
    CONNECTION_TEST = "connection_test", "Connection test"
    RECONCILIATION = "reconciliation", "Reconciliation"
