"""Addresses of signing in and out, and of saved filters."""

from django.urls import path

from portal.accounts.web import saved_filters, sign_in

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("saved-filters/", saved_filters.save, name="saved-filters"),
    path("saved-filters/<int:saved_filter_id>/", saved_filters.change, name="saved-filter"),
    path("saved-filters/<int:saved_filter_id>/delete/", saved_filters.delete, name="saved-filter-delete"),
]
