"""Addresses of the pages about connection profiles; part of the addresses of `tenants`."""

from django.urls import path

from tenants.web.profiles import adding, assigning, changing, listing, passwords, profile, withdrawing

urlpatterns = [
    path("", listing.listing, name="profiles"),
    path("add/", adding.add, name="profile-add"),
    path("assign/", assigning.assign, name="profile-assign"),
    path("assignments/<uuid:assignment_id>/withdraw/", withdrawing.withdraw, name="profile-withdraw"),
    path("partners/<uuid:partner_id>/passwords/", passwords.passwords, name="partner-passwords"),
    path("<uuid:profile_id>/", profile.detail, name="profile"),
    path("<uuid:profile_id>/change/", changing.change, name="profile-change"),
    path("<uuid:profile_id>/retire/", changing.retire, name="profile-retire"),
]
