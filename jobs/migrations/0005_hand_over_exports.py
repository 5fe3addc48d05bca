"""The table of exports belongs to an app of its own; in the database nothing happens."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_unfold_results_into_rows"), ("exports", "0001_take_over_exports")]

    operations = [migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Export")])]
