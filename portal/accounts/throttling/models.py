"""Failed sign-ins, as far as they slow the next ones down."""

from django.db import models


class SignInFailure(models.Model):
    """One failed proof of who somebody is: a password or a second factor. Names are kept as keyed fingerprints."""

    account = models.CharField(max_length=64)
    network = models.CharField(max_length=64)
    failed_at = models.DateTimeField()

    class Meta:
        db_table = "sign_in_failure"
        indexes = [
            models.Index(fields=["account", "failed_at"], name="sign_in_failure_of_account"),
            models.Index(fields=["network", "failed_at"], name="sign_in_failure_of_network"),
        ]

    def __str__(self) -> str:
        return f"Failed at {self.failed_at}"
