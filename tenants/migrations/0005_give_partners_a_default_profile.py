"""Every partner that is connected already gets what a new one gets: its application with the certificate in use."""

from django.db import migrations


def add(apps, schema_editor):
    Partner = apps.get_model("tenants", "Partner")
    ConnectionProfile = apps.get_model("tenants", "ConnectionProfile")
    ProfileAssignment = apps.get_model("tenants", "ProfileAssignment")
    for partner in Partner.objects.filter(connection_profiles=None):
        profile = ConnectionProfile.objects.create(
            partner=partner,
            name="Application with certificate",
            method="app_certificate_thumbprint",
            service="both",
            changed_by="Signalbox",
        )
        for service in ("exo", "scc"):
            ProfileAssignment.objects.create(
                profile=profile, service=service, partner=partner, assigned_by="Signalbox"
            )


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_connection_profiles")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
