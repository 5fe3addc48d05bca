"""The database refuses to empty the audit trail, too."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER audit_event_never_emptied BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_insert_only")]
    operations = [migrations.RunSQL(REFUSE, "DROP TRIGGER audit_event_never_emptied ON audit_event")]
