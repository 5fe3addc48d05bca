"""What proves that work is taken up: canaries by queue, worker processes, the last sweep."""

from django.db import models


class Canary(models.Model):
    """The latest message that was sent through a queue to see whether somebody takes it; one row a queue.

    Times are the database's. `sent_at` is empty while the broker did not take it; `delay_seconds` is how long the one
    consumed last waited.
    """

    queue = models.CharField(max_length=20, primary_key=True)
    number = models.PositiveBigIntegerField(default=1)
    sent_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField()
    consumed_number = models.PositiveBigIntegerField(default=0)
    consumed_at = models.DateTimeField(null=True)
    delay_seconds = models.FloatField(null=True)
    worker = models.CharField(max_length=120, blank=True)

    class Meta:
        db_table = "canary"

    def __str__(self) -> str:
        return f"Canary {self.number} of {self.queue}"


class WorkerProcess(models.Model):
    """A worker process that was seen taking a message lately; `plan_version` is the latest that it can carry out.

    `threads` is how many tasks it does at a time; 0 where that is not known.
    """

    name = models.CharField(max_length=120, primary_key=True)
    version = models.CharField(max_length=60)
    plan_version = models.PositiveSmallIntegerField()
    queues = models.JSONField(default=list)
    threads = models.PositiveIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "worker_process"

    def __str__(self) -> str:
        return self.name


class Sweep(models.Model):
    """The last round of the sweeper; `ended_at` is empty while it goes on, and for ever where its worker died."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    worker = models.CharField(max_length=120)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    last_ended_at = models.DateTimeField(null=True)
    last_seconds = models.FloatField(null=True)

    class Meta:
        db_table = "sweep"

    def __str__(self) -> str:
        return f"Sweep of {self.began_at:%Y-%m-%d %H:%M:%S}"
