"""Where an account signs in (exchange-protocol.md 2.1): msal asks before it sends a password."""

from urllib.parse import unquote

from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Request, Response, json_response

ADDRESS = "adfs/services/trust/13/usernamemixed"
FAULT = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value>'
    "<s:Subcode><s:Value>a:FailedAuthentication</s:Value></s:Subcode></s:Code><s:Reason>"
    '<s:Text xml:lang="en-US">The federation server does not accept a user name and a password (WS-Trust).</s:Text>'
    "</s:Reason></s:Fault></s:Body></s:Envelope>"
)


def user_realm(cloud: Cloud, request: Request, name: str) -> Response:
    """Answer GET `/common/userrealm/{upn}`: Managed, Federated, or Unknown where no tenant has the domain."""
    person = cloud.people.find(unquote(name))
    domain = unquote(name).rpartition("@")[2].lower()
    organization = cloud.find(domain)
    if person is not None and person.state == "federated":
        return json_response(
            200,
            {
                "ver": "1.0",
                "account_type": "Federated",
                "domain_name": domain,
                "federation_protocol": "WSTrust",
                "federation_active_auth_url": f"{request.base_url}/{ADDRESS}",
                "cloud_instance_name": "microsoftonline.com",
                "cloud_audience_urn": "urn:federation:MicrosoftOnline",
            },
        )
    if organization is None and person is None:
        return json_response(200, {"ver": "1.0", "account_type": "Unknown", "domain_name": domain})
    return json_response(
        200,
        {
            "ver": "1.0",
            "account_type": "Managed",
            "domain_name": domain,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        },
    )


def federation_server() -> Response:
    """The federation server refuses every password: WS-Trust is not simulated."""
    return Response(500, FAULT.encode(), [("content-type", "application/soap+xml; charset=utf-8")])
