from django.apps import AppConfig


class JobsConfig(AppConfig):
    """What we do in the organizations."""

    name = "jobs"
    label = "jobs"

    def ready(self) -> None:
        """Make known what others ask for: the lists that can be exported, how runs can fail, the global stop."""
        from jobs.approvals.requests import end_authority_of
        from jobs.global_stop.services import refuse_while_stopped
        from jobs.results.explanations import EXPLANATIONS
        from jobs.runs.services import stop_runs_of
        from jobs.web.listings import (
            cmdlets,
            connections,
            failures,
            jobs,
            organization_cmdlets,
            rows,
            runs,
            unknown_outcomes,
        )
        from portal.accounts.services import when_disabled
        from portal.core import stops
        from portal.core.explanations import make_known
        from portal.exports.listings import register

        make_known(EXPLANATIONS)
        when_disabled(end_authority_of)
        when_disabled(stop_runs_of)
        stops.make_known(refuse_while_stopped)
        areas = (runs, rows, cmdlets, connections, failures, jobs, organization_cmdlets, unknown_outcomes)
        for listing in (listing for area in areas for listing in area.LISTINGS):
            register(listing)
