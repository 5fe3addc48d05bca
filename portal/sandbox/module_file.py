"""EXOModuleFile: which cmdlets the caller may run, and the module's public key (exchange-protocol.md 3.12, 7.3)."""

import base64

from portal.sandbox.access import current_roles, is_allowed
from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Json, Request, Response, json_response
from portal.sandbox.world import roles
from portal.sandbox.world.organizations import Organization


def answer(
    cloud: Cloud, organization: Organization, claims: Json, request: Request, services: frozenset[str]
) -> Response:
    """The module's files; `exportedCmdlets` follows the caller's roles and the `CommandName` header (`*` or a list)."""
    held = current_roles(cloud, organization, claims)
    wanted = {name.strip().lower() for name in request.headers.get("commandname", "*").split(",") if name.strip()}
    everything = not wanted or "*" in wanted
    allowed = [
        cmdlet.name
        for cmdlet in (cloud.catalogue.of(services) if held & roles.EXCHANGE_ROLES else ())
        if (everything or cmdlet.name.lower() in wanted) and is_allowed(organization, held, cmdlet)
    ]
    files = [
        {
            "fileName": "ExchangeOnline.psm1",
            "fileContent": _module(cloud, allowed),
            "exportedCmdlets": ",".join(sorted(allowed)),
        },
        {"fileName": "ExchangeOnline.psd1", "fileContent": "@{ RootModule = 'ExchangeOnline.psm1' }"},
        {"fileName": "ExchangeOnline.Format.ps1xml", "fileContent": "<Configuration/>"},
    ]
    return json_response(200, {"value": files})


def _module(cloud: Cloud, cmdlets: list[str]) -> str:
    numbers = cloud.module_key.public_key().public_numbers()
    modulus = base64.b64encode(numbers.n.to_bytes(256, "big")).decode()
    exponent = base64.b64encode(numbers.e.to_bytes(3, "big")).decode()
    key = f"<RSAKeyValue><Modulus>{modulus}</Modulus><Exponent>{exponent}</Exponent></RSAKeyValue>"
    stubs = "\n".join(f"function {name} {{ Execute-Command -CmdletName '{name}' }}" for name in cmdlets)
    return f"$script:PublicKey = '{key}'\n$script:MaxRetries = 5\n{stubs}\n"
