"""Every address of the portal."""

from django.urls import include, path

from portal import dashboard
from portal.core import health

handler400 = "portal.core.errors.bad_request"
handler403 = "portal.core.errors.forbidden"
handler404 = "portal.core.errors.not_found"
handler500 = "portal.core.errors.server_error"

urlpatterns = [
    path("", dashboard.home, name="home"),
    path("search/", dashboard.search, name="search"),
    path("", include("portal.accounts.web.urls")),
    path("", include("portal.audit.web.urls")),
    path("", include("tenants.web.urls")),
    path("", include("jobs.web.urls")),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
]
