"""Addresses of the pages about organizations, groups and app registrations."""

from django.urls import path

from tenants.web import (
    access,
    app_registrations,
    certificates,
    consent_answer,
    consents,
    groups,
    organization,
    organizations,
    relationship_changes,
    rules,
    selected,
    synchronizations,
    variables,
)

app_name = "tenants"
urlpatterns = [
    path("organizations/", organizations.listing, name="organizations"),
    path("organizations/selected/", selected.selected, name="organizations-selected"),
    path("organizations/variables/set/", selected.set_variable, name="variable-set"),
    path("organizations/variables/import/", variables.import_table, name="variables-import"),
    path("organizations/read/", synchronizations.start, name="synchronization-start"),
    path("organizations/read/<uuid:synchronization_id>/", synchronizations.progress, name="synchronization"),
    path("organizations/relationships/changes/", relationship_changes.listing, name="relationship-changes"),
    path("organizations/groups/", groups.listing, name="groups"),
    path("organizations/groups/rule/", rules.create, name="group-by-rule"),
    path("organizations/groups/<uuid:group_id>/", groups.detail, name="group"),
    path("organizations/groups/<uuid:group_id>/rule/", rules.edit, name="group-rule"),
    path("organizations/groups/<uuid:group_id>/rename/", groups.rename, name="group-rename"),
    path("organizations/groups/<uuid:group_id>/duplicate/", groups.duplicate, name="group-duplicate"),
    path("organizations/groups/<uuid:group_id>/remove/", groups.remove_members, name="group-remove-members"),
    path("organizations/groups/<uuid:group_id>/delete/", groups.delete, name="group-delete"),
    path("organizations/<uuid:organization_id>/", organization.detail, name="organization"),
    path("organizations/<uuid:organization_id>/access/", access.access, name="access"),
    path("organizations/<uuid:organization_id>/variables/", variables.set_here, name="variable-set-here"),
    path("organizations/<uuid:organization_id>/variables/remove/", variables.remove_here, name="variable-remove"),
    path("app-registrations/", app_registrations.listing, name="app-registrations"),
    path("app-registrations/partners/connect/", app_registrations.connect, name="partner-connect"),
    path("app-registrations/partners/<uuid:partner_id>/add/", app_registrations.add, name="app-registration-add"),
    path(
        "app-registrations/partners/<uuid:partner_id>/sign-in/",
        app_registrations.partner_sign_in,
        name="partner-sign-in",
    ),
    path("connections/consent/answer/", consent_answer.answer, name="consent-answer"),
    path("app-registrations/<uuid:app_registration_id>/consents/", consents.listing, name="consents"),
    path("app-registrations/<uuid:app_registration_id>/", app_registrations.detail, name="app-registration"),
    path(
        "app-registrations/certificates/<uuid:certificate_id>/remove/",
        certificates.remove,
        name="certificate-remove",
    ),
    path("app-registrations/certificates/<uuid:certificate_id>/use/", certificates.use, name="certificate-use"),
    path("app-registrations/certificates/<uuid:certificate_id>/test/", certificates.test, name="certificate-test"),
    path(
        "app-registrations/certificates/<uuid:certificate_id>/signalbox.cer",
        app_registrations.download_certificate,
        {"form": "cer"},
        name="certificate-cer",
    ),
    path(
        "app-registrations/certificates/<uuid:certificate_id>/signalbox.pem",
        app_registrations.download_certificate,
        {"form": "pem"},
        name="certificate-pem",
    ),
]
