from django.apps import AppConfig


class JobsConfig(AppConfig):
    """What we do in the organizations."""

    name = "jobs"
    label = "jobs"

    def ready(self) -> None:
        from jobs.web.listings import cmdlets, connections, jobs, runs
        from portal.exports.listings import register

        for listing in (*runs.LISTINGS, *cmdlets.LISTINGS, *connections.LISTINGS, *jobs.LISTINGS):
            register(listing)
