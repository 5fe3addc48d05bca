"""The global stop: while one is in force, no cmdlet starts anywhere."""

from django.db import models
from django.db.models import Q

from portal.core.templatetags.presentation import utc


class GlobalStop(models.Model):
    """One stop of everything, from when it was ordered until it was lifted; at most one is in force."""

    stopped_at = models.DateTimeField()
    stopped_by_id = models.CharField(max_length=64)
    stopped_by = models.CharField(max_length=300)
    reason = models.CharField(max_length=500, blank=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "global_stop"
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(lifted_at__isnull=True), name="global_stop_at_most_one_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"Stop of {self.stopped_at:%Y-%m-%d %H:%M}"

    @property
    def refusal(self) -> str:
        """What whoever wants to start something is told."""
        return (
            f"Everything is stopped since {utc(self.stopped_at)}, by {self.stopped_by}: “{self.reason}”. "
            "Nothing starts until the stop is lifted."
        )
