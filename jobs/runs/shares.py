"""How much of the workers a run gets while others also wait."""

from django.db.models import IntegerChoices


class Share(IntegerChoices):
    """A weight: a run gets as many organizations in flight as its share is of the shares of all that wait."""

    LOW = 1, "Lets others go first"
    NORMAL = 4, "Normal"
    HIGH = 16, "Goes first"
