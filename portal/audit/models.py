"""The audit trail's rows: inserted, never changed."""

from collections import defaultdict
from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT

from portal.audit.actions import SENTENCES, AuditAction
from portal.audit.querysets import AuditEventQuerySet
from portal.core.identifiers import uuid7


class AuditEvent(models.Model):
    """One thing that happened; names and ids are copied as values so that the event outlives what it names."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    occurred_at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_label = models.CharField(max_length=300)
    source = models.CharField(max_length=20)
    address = models.CharField(max_length=64, blank=True)
    organization_id = models.UUIDField(null=True)
    organization_name = models.CharField(max_length=300, blank=True)
    target_kind = models.CharField(max_length=40)
    target_id = models.CharField(max_length=64, blank=True)
    target_label = models.CharField(max_length=400)
    run_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        db_table = "audit_event"
        indexes = [
            models.Index(fields=["-occurred_at", "-id"], name="audit_event_newest"),
            models.Index(fields=["organization_id", "-occurred_at"], name="audit_event_organization"),
            models.Index(fields=["run_id", "occurred_at"], name="audit_event_run"),
            models.Index(fields=["action", "-occurred_at"], name="audit_event_action"),
            models.Index(
                fields=["actor_label", "-occurred_at"], condition=Q(actor_kind="person"), name="audit_event_person"
            ),
            models.Index(KT("data__on_behalf_of"), F("occurred_at").desc(), name="audit_event_on_behalf_of"),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        words = defaultdict(lambda: "?", {key: str(value) for key, value in self.data.items()})
        words.update(actor=self.actor_label, target=self.target_label)
        return SENTENCES[AuditAction(self.action)].format_map(words)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: events are never deleted."""
        raise TypeError("Audit events are never deleted.")
