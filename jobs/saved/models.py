"""What is kept of launch forms: jobs, which are saved, and drafts of launches, which are not finished."""

from django.db import models

from jobs.runs.models import Run
from jobs.saved.querysets import JobQuerySet, LaunchDraftQuerySet
from portal.core.identifiers import uuid7


class Job(models.Model):
    """A saved definition of a run; where it goes stays symbolic and is resolved at each launch.

    `cmdlet` and `typed`, the launch form as a query string without secrets, are its first step; most have no other.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, blank=True)
    cmdlet = models.CharField(max_length=100)
    typed = models.TextField()
    shared = models.BooleanField(default=True)
    owner_id = models.CharField(max_length=64)
    owner = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=300)

    objects = JobQuerySet.as_manager()

    class Meta:
        db_table = "job"
        indexes = [models.Index(fields=["name", "id"], name="job_by_name")]

    def __str__(self) -> str:
        return self.name


class JobStep(models.Model):
    """A step of a job behind its first one, which stands in the job itself; `position` counts from 2."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="later_steps")
    position = models.PositiveIntegerField()
    cmdlet = models.CharField(max_length=100)
    typed = models.TextField()

    class Meta:
        db_table = "job_step"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="job_step_once"),
            models.CheckConstraint(condition=models.Q(position__gte=2), name="job_step_behind_the_first"),
        ]

    def __str__(self) -> str:
        return f"Step {self.position}: {self.cmdlet}"


class LaunchDraft(models.Model):
    """A launch form of one person and one tab that is not launched yet, as it was typed, without secrets.

    `run` is the plan that was drafted from it, once there is one.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    person_id = models.CharField(max_length=64)
    cmdlet = models.CharField(max_length=100)
    typed = models.TextField()
    changed_at = models.DateTimeField()
    run = models.OneToOneField(Run, on_delete=models.CASCADE, null=True, related_name="launch_draft")

    objects = LaunchDraftQuerySet.as_manager()

    class Meta:
        db_table = "launch_draft"
        indexes = [models.Index(fields=["person_id", "-changed_at"], name="launch_draft_of_person")]

    def __str__(self) -> str:
        return f"Draft of a launch of {self.cmdlet}"
