"""The way into one organization: its connection, and the token for it."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial

from jobs.dispatch.clerk import clerk
from jobs.dispatch.intent import note_probes
from jobs.dispatch.story import Story, Way
from jobs.exchange.connection import Connection, connect
from jobs.exchange.failures import Withheld
from jobs.exchange.spec import ConnectionSpec
from jobs.throttling.pauses import pauses
from tenants.clouds.diagnosis import diagnosed
from tenants.profiles.access import Access
from tenants.profiles.microsoft import ca_file
from tenants.sign_ins.selectors import are_alive
from tenants.tokens.access_token import AccessToken
from tenants.tokens.failures import TokenFailure
from tenants.tokens.local_explanations import IDENTITY_PAUSED, SIGN_IN_ENDED


def connection(story: Story, way: Way) -> AbstractContextManager[Connection]:
    """Return the connection for all steps that are left; entering it opens it, leaving it closes it."""
    access, environment = way.access, way.access.environment
    story.application_id = access.identity.application_id
    for_compliance = way.plan.service == "scc"
    scope = (environment.compliance_scope if for_compliance else environment.exchange_scope) or ""
    spec = ConnectionSpec(
        tenant_id=access.tenant_id,
        initial_domain=access.initial_domain,
        service="scc" if for_compliance else "exo",
        base_url=(environment.compliance_url if for_compliance else environment.exchange_url) or "",
        scope=scope,
        allowed_hosts=environment.allowed_hosts,
        app_only=access.identity.is_app_only,
        regional_host=access.compliance_host if for_compliance else "",
        ca_file=ca_file(),
    )
    return connect(
        spec,
        partial(_token, story, access, scope),
        commands=tuple(dict.fromkeys(step.sent_as for step in way.plan.steps[story.claimed.step - 1 :])),
        connection_id=str(story.claimed.connection_id),
        before_probe=lambda cmdlet, client_request_id: _note_probe(story, cmdlet, client_request_id),
        sends_secrets=bool(way.secrets),
        found_region=story.note_compliance_host,
        lists_every_cmdlet=way.plan.is_connection_test,
    )


def _token(story: Story, access: Access, scope: str, claims_challenge: str | None) -> AccessToken:
    """Return a token; one of a person's own account only while that person is signed in."""
    sign_in_id = access.identity.sign_in_id
    if sign_in_id is not None and not clerk.ask(are_alive, sign_in_id):
        raise TokenFailure(SIGN_IN_ENDED)
    if pauses.holds_back(story.claimed.identity, story.claimed.claimed_at):
        raise Withheld(IDENTITY_PAUSED, seconds=0.0)
    asked_at = datetime.now(UTC)
    try:
        token = access.identity.tokens.acquire(access.tenant_id, scope, claims=claims_challenge)
    except TokenFailure as failure:
        explained, story.detected_environment = diagnosed(
            failure,
            tenant_id=access.tenant_id,
            entered=access.environment.name,
            name=story.claimed.organization_name,
        )
        story.token_refusal = explained if explained.partner_wide else None
        raise explained from failure
    story.was_issued_token |= token.received_at >= asked_at
    story.permissions = token.roles or token.scopes
    return token


def _note_probe(story: Story, cmdlet: str, client_request_id: str) -> None:
    clerk.ask(note_probes, (story, cmdlet, client_request_id))
