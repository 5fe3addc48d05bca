"""Every address of the portal."""

from django.conf import settings
from django.urls import include, path

from jobs.web.status import health_status
from portal.core import health, violation_reports
from portal.dashboard import appearance, frame, home, keys, search, styleguide

handler400 = "portal.core.errors.bad_request"
handler403 = "portal.core.errors.forbidden"
handler404 = "portal.core.errors.not_found"
handler500 = "portal.core.errors.server_error"

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("runs-in-progress/", home.runs_in_progress, name="runs-in-progress"),
    path("runs-in-progress/ring/", frame.runs_ring, name="runs-ring"),
    path("theme/", appearance.choose_theme, name="theme"),
    path("help/keys/", keys.key_list, name="keys"),
    path("", include("portal.accounts.web.urls")),
    path("", include("portal.audit.web.urls")),
    path("", include("portal.exports.web.urls")),
    path("", include("tenants.web.urls")),
    path("", include("jobs.web.urls")),
    path("violation-reports/", violation_reports.take_reports, name="violation-reports"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("health/status", health_status, name="health-status"),
]

if settings.STYLEGUIDE:
    urlpatterns.append(path("styleguide/", styleguide.styleguide, name="styleguide"))
