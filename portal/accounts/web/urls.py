"""Addresses of signing in and out, and of saved filters."""

from django.urls import path

from portal.accounts.web import confirm, factors, my_roles, people, roles, saved_filters, sessions, sign_in

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in.sign_in_page, name="sign-in"),
    path("sign-in/second-factor/", sign_in.second_factor, name="second-factor"),
    path("sign-in/enrol/", sign_in.enrol, name="enrol"),
    path("sign-in/confirm/", confirm.confirm, name="confirm"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("people/", people.people_list, name="people"),
    path("people/new/", people.person_new, name="person-new"),
    path("people/<int:person_id>/", people.person_detail, name="person"),
    path("people/<int:person_id>/microsoft-account/", people.person_identity, name="person-identity"),
    path("people/<int:person_id>/disable/", people.person_disable, name="person-disable"),
    path("people/<int:person_id>/enable/", people.person_enable, name="person-enable"),
    path("people/<int:person_id>/enrolment-code/", people.person_enrolment_code, name="person-enrolment-code"),
    path("roles/", roles.role_list, name="roles"),
    path("roles/new/", roles.role_new, name="role-new"),
    path("roles/<int:role_id>/", roles.role_change, name="role"),
    path("roles/<int:role_id>/delete/", roles.role_delete, name="role-delete"),
    path("my/roles/", my_roles.my_roles, name="my-roles"),
    path("my/roles/<int:grant_id>/elevate/", my_roles.my_role_elevate, name="my-role-elevate"),
    path("my/roles/<int:grant_id>/end/", my_roles.my_role_end, name="my-role-end"),
    path("my/sessions/", sessions.session_list, name="sessions"),
    path("my/sessions/end/", sessions.session_end, name="session-end"),
    path("my/factors/", factors.factor_list, name="factors"),
    path("my/factors/app/", factors.app_add, name="factor-app"),
    path("my/factors/passkey/", factors.passkey_add, name="factor-passkey"),
    path("my/factors/recovery-codes/", factors.recovery_codes_renew, name="recovery-codes"),
    path("my/factors/<uuid:factor_id>/remove/", factors.factor_remove, name="factor-remove"),
    path("saved-filters/", saved_filters.save, name="saved-filters"),
    path("saved-filters/<int:saved_filter_id>/", saved_filters.change, name="saved-filter"),
    path("saved-filters/<int:saved_filter_id>/delete/", saved_filters.delete, name="saved-filter-delete"),
]
