"""Addresses of exports."""

from django.urls import path

from portal.exports.web import exports

app_name = "exports"
urlpatterns = [
    path("exports/", exports.listing, name="list"),
    path("exports/ask/", exports.ask, name="ask"),
    path("exports/<uuid:export_id>/", exports.detail, name="export"),
    path("exports/<uuid:export_id>/row/", exports.row, name="row"),
    path("exports/<uuid:export_id>/progress/", exports.progress, name="progress"),
    path("exports/<uuid:export_id>/button/", exports.button, name="button"),
    path("exports/<uuid:export_id>/download/", exports.download, name="download"),
    path("exports/<uuid:export_id>/cancel/", exports.cancel, name="cancel"),
    path("exports/<uuid:export_id>/delete/", exports.delete, name="delete"),
    path("exports/<uuid:export_id>/again/", exports.again, name="again"),
]
