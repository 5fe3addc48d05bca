"""The table of exports moves from the jobs to an app of its own; in the database nothing happens."""

import django.db.models.deletion
from django.db import migrations, models

import portal.core.identifiers


class Migration(migrations.Migration):
    initial = True
    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Export",
                    fields=[
                        ("id", models.UUIDField(default=portal.core.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                        ("format", models.CharField(choices=[("csv", "CSV"), ("jsonl", "JSONL")], max_length=10)),
                        ("state", models.CharField(choices=[("queued", "Queued"), ("running", "Running"), ("ready", "Ready"), ("failed", "Failed"), ("expired", "Expired")], default="queued", max_length=20)),
                        ("done", models.PositiveIntegerField(default=0)),
                        ("total", models.PositiveIntegerField(default=0)),
                        ("row_count", models.PositiveIntegerField(default=0)),
                        ("byte_count", models.PositiveBigIntegerField(default=0)),
                        ("sha256", models.CharField(blank=True, max_length=64)),
                        ("error", models.TextField(blank=True)),
                        ("requested_by_id", models.CharField(max_length=64)),
                        ("requested_by", models.CharField(max_length=300)),
                        ("requested_at", models.DateTimeField(auto_now_add=True)),
                        ("started_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField(null=True)),
                        ("run", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jobs.run")),
                    ],
                    options={
                        "db_table": "export",
                        "indexes": [models.Index(fields=["run", "-requested_at"], name="export_of_run")],
                    },
                ),
            ],
        ),
    ]
