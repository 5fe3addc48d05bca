"""Exports of anything that is listed: those of runs become exports of the listing "run-results"."""

from django.db import migrations, models


def name_listings(apps, schema_editor):
    schema_editor.execute(
        """
        UPDATE export SET listing = 'run-results', of_id = export.run_id::text, about_run_id = export.run_id,
            page = '/runs/' || export.run_id || '/', reported_at = export.started_at,
            attempt = CASE WHEN export.started_at IS NULL THEN 0 ELSE 1 END,
            title = 'Results of ' || run.cmdlet || ' in '
                || CASE run.target_count WHEN 1 THEN '1 organization' ELSE run.target_count || ' organizations' END
        FROM run WHERE run.id = export.run_id
        """
    )


def keep_exports_of_runs(apps, schema_editor):
    """What the older version does not know is forgotten; its files are left for the sweeper or an administrator."""
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    schema_editor.execute(
        "DELETE FROM export WHERE listing <> 'run-results' OR format = 'xlsx' OR state = 'cancelled' "
        "OR NOT EXISTS (SELECT 1 FROM run WHERE run.id::text = export.of_id)"
    )
    schema_editor.execute("UPDATE export SET run_id = about_run_id, total = COALESCE(total, done)")


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_take_over_exports"), ("jobs", "0005_hand_over_exports")]

    operations = [
        migrations.RemoveIndex("export", "export_of_run"),
        migrations.AlterField(
            "export",
            "run",
            models.ForeignKey(null=True, on_delete=models.deletion.PROTECT, related_name="+", to="jobs.run"),
        ),
        migrations.AlterField("export", "total", models.PositiveIntegerField(null=True)),
        migrations.AlterField(
            "export",
            "format",
            models.CharField(choices=[("csv", "CSV"), ("xlsx", "XLSX"), ("jsonl", "JSONL")], max_length=10),
        ),
        migrations.AlterField(
            "export",
            "state",
            models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("ready", "Ready"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                    ("expired", "Expired"),
                ],
                default="queued",
                max_length=20,
            ),
        ),
        migrations.AddField("export", "listing", models.CharField(default="", max_length=60), preserve_default=False),
        migrations.AddField("export", "of_id", models.CharField(blank=True, default="", max_length=100), preserve_default=False),
        migrations.AddField("export", "query", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("export", "title", models.CharField(default="", max_length=400), preserve_default=False),
        migrations.AddField("export", "filters", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("export", "page", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("export", "about_run_id", models.UUIDField(null=True)),
        migrations.AddField("export", "attempt", models.PositiveIntegerField(default=0)),
        migrations.AddField("export", "notes", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("export", "reported_at", models.DateTimeField(null=True)),
        migrations.RunPython(name_listings, keep_exports_of_runs),
        migrations.RemoveField("export", "run"),
        migrations.RenameField("export", "about_run_id", "run_id"),
        migrations.AddIndex(
            "export", models.Index(fields=["-requested_at", "-id"], name="export_newest")
        ),
        migrations.AddIndex(
            "export", models.Index(fields=["requested_by_id", "-requested_at", "-id"], name="export_of_person")
        ),
        migrations.AddIndex(
            "export",
            models.Index(
                condition=models.Q(state__in=["queued", "running", "ready"]), fields=["state"], name="export_to_sweep"
            ),
        ),
    ]
