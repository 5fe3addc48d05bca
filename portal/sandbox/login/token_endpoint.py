"""The token endpoint: tenant, client, its proof, then the grant (exchange-protocol.md 7.3 item 1)."""

from collections.abc import Callable

from portal.sandbox.cloud import Cloud
from portal.sandbox.directories import is_known_to
from portal.sandbox.http import Request, Response
from portal.sandbox.login import clients
from portal.sandbox.login.authorities import read_authority
from portal.sandbox.login.grants import DEVICE_CODE, Grants, TokenRequest
from portal.sandbox.login.refusals import Refused

NO_SCOPE_NEEDED = frozenset({"authorization_code", DEVICE_CODE})


class TokenEndpoint:
    """Answers POST `/{tenant}/oauth2/v2.0/token`."""

    def __init__(self, cloud: Cloud, grants: Grants) -> None:
        self._cloud = cloud
        self._grants: dict[str, Callable[[TokenRequest], Response]] = {
            "client_credentials": grants.client_credentials,
            "refresh_token": grants.refresh_token,
            "authorization_code": grants.authorization_code,
            "password": grants.password,
            DEVICE_CODE: grants.device_code,
        }

    def read(self, request: Request, tenant: str) -> TokenRequest:
        """The request with its tenant and its client, who proved who it is. Raises Refused."""
        form = request.form()
        organization = read_authority(self._cloud, tenant)
        for required in ("grant_type", "client_id"):
            if not form.get(required):
                raise Refused(900144, field=required)
        if not form.get("scope") and form["grant_type"] not in NO_SCOPE_NEEDED:
            raise Refused(90014, field="scope")
        named = organization or self._cloud.find_authority(tenant, request.door)
        application = self._cloud.registrations.find(form["client_id"])
        if application is None or named is None or not is_known_to(named, application):
            raise Refused(700016, client=form["client_id"], tenant=named.name if named else tenant)
        clients.authenticate(application, form, clients.audiences(named, tenant, request.host))
        return TokenRequest(application, organization, form, named, request.door)

    def answer(self, asked: TokenRequest, *, revoked: bool) -> Response:
        """What the grant gives; `revoked` refuses every refresh token. Raises Refused."""
        kind = asked.form["grant_type"]
        if kind not in self._grants:
            raise Refused(70003, grant=kind)
        if revoked and kind == "refresh_token":
            raise Refused(50173)
        return self._grants[kind](asked)
