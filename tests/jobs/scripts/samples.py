"""The sample scripts beside this file, and what has to be found in each."""

from dataclasses import dataclass, field
from pathlib import Path

from jobs.scripts.inspection import inspect
from jobs.scripts.report import Report
from jobs.scripts.source import script_text

FOLDER = Path(__file__).parent / "samples"
ORG = "fabrikam.onmicrosoft.com"
APP = "5f0d1c1e-1111-4222-8333-444455556666"
OPS = "ops@fabrikam.example"
V = "<variable>"


def report_of(name: str) -> Report:
    return inspect(script_text((FOLDER / f"{name}.ps1").read_bytes()))


@dataclass(frozen=True)
class Connects:
    """One connection that has to be found."""

    method: str
    line: int
    service: str = "exo"
    environment: str = "O365Default"
    delegated_organization: str | None = None
    organization: str | None = None
    app_id: str | None = None
    user_principal_name: str | None = None


@dataclass(frozen=True)
class Expected:
    """What has to be said of one sample: connections, whether they are closed, legacy by line, uncertain lines."""

    connections: tuple[Connects, ...] = ()
    disconnects: bool = False
    on_every_path: bool = False
    legacy: dict[int, str] = field(default_factory=dict)
    uncertain: tuple[int, ...] = ()


BASIC, TOKEN = "New-PSSession with Basic authentication", "New-PSSession with a token as password"
EXPECTED = {
    "abbreviated": Expected((Connects("interactive", 1, user_principal_name=OPS),)),
    "access_token": Expected((Connects("access_token", 2, organization=ORG),)),
    "aliases": Expected((Connects("device", 4),), disconnects=True),
    "broken": Expected(
        (Connects("interactive", 1, user_principal_name=OPS),), disconnects=True, uncertain=(2, 3, 4, 5)
    ),
    "builtin_aliases": Expected(
        (Connects("legacy_basic", 1),),
        disconnects=True,
        legacy={1: BASIC, 2: "Import-PSSession", 3: "Remove-PSSession"},
    ),
    "catch_only": Expected((Connects("device", 2),), disconnects=True),
    "certificate_file": Expected((Connects("app_certificate_file", 2, organization=ORG, app_id=APP),)),
    "certificate_object": Expected((Connects("app_certificate_object", 2, organization=ORG, app_id=V),)),
    "certificate_thumbprint": Expected(
        (Connects("app_certificate_thumbprint", 5, organization=ORG, app_id=APP),), disconnects=True, on_every_path=True
    ),
    "comments_and_strings": Expected(),
    "compliance": Expected(
        (Connects("interactive", 1, "scc", user_principal_name="auditor@fabrikam.example"),), disconnects=True
    ),
    "compliance_delegated": Expected(
        (
            Connects(
                "interactive",
                2,
                "scc",
                delegated_organization="contoso.onmicrosoft.com",
                user_principal_name="me@partner.example",
            ),
        )
    ),
    "compliance_dod": Expected((Connects("interactive", 1, "scc", "O365USGovDoD"),)),
    "compliance_gcc_high": Expected(
        (Connects("interactive", 1, "scc", "O365USGovGCCHigh", user_principal_name="a@gov.example"),)
    ),
    "constants": Expected(
        (
            Connects(
                "interactive",
                5,
                delegated_organization=ORG,
                user_principal_name="svc-exo@fabrikam.example",
            ),
        )
    ),
    "credential": Expected((Connects("credential", 2),), disconnects=True),
    "delegated": Expected(
        (Connects("interactive", 2, delegated_organization=V, user_principal_name="me@partner.example"),),
        disconnects=True,
    ),
    "device_code": Expected((Connects("device", 2),)),
    "early_return": Expected((Connects("device", 1),), disconnects=True),
    "elsewhere": Expected((Connects("managed_identity_system", 2, organization=ORG),)),
    "environment_china": Expected(
        (Connects("interactive", 1, environment="O365China", user_principal_name="a@b.example"),)
    ),
    "environment_dod_by_address": Expected((Connects("interactive", 1, environment="O365USGovDoD"),)),
    "environment_germany": Expected((Connects("interactive", 2, environment="O365GermanyCloud"),)),
    "environment_named": Expected(
        (Connects("interactive", 1, environment="O365USGovGCCHigh", user_principal_name="a@gov.example"),)
    ),
    "environment_variable": Expected((Connects("interactive", 2, environment=V),)),
    "faulty_cmdlets": Expected((Connects("device", 1),)),
    "finally_after": Expected((Connects("device", 1),), disconnects=True, on_every_path=True),
    "finally_around": Expected((Connects("device", 2),), disconnects=True, on_every_path=True),
    "finally_in_functions": Expected(
        (Connects("managed_identity_system", 1, organization=ORG),), disconnects=True, on_every_path=True
    ),
    "finally_too_late": Expected((Connects("device", 1),), disconnects=True),
    "inline_credential": Expected((Connects("inline_credential", 1),)),
    "interactive_plain": Expected((Connects("interactive", 3),), disconnects=True),
    "interactive_upn": Expected((Connects("interactive", 2, user_principal_name="admin@fabrikam.example"),)),
    "legacy_basic": Expected(
        (Connects("legacy_basic", 2),),
        disconnects=True,
        legacy={2: BASIC, 3: "Import-PSSession", 5: "Remove-PSSession"},
    ),
    "legacy_compliance": Expected((Connects("legacy_basic", 1, "scc"),), legacy={1: BASIC, 2: "Import-PSSession"}),
    "legacy_module": Expected(
        (Connects("interactive", 3, user_principal_name="admin@fabrikam.example"),),
        disconnects=True,
        legacy={3: "Connect-EXOPSSession", 4: "Remove-PSSession"},
    ),
    "legacy_oauth": Expected(
        (Connects("legacy_oauth_token", 3, delegated_organization="contoso.onmicrosoft.com"),),
        legacy={3: TOKEN, 4: "Import-PSSession"},
    ),
    "loops": Expected((Connects("device", 1),), disconnects=True),
    "managed_identity": Expected((Connects("managed_identity_system", 2, organization=ORG),)),
    "managed_identity_user": Expected((Connects("managed_identity_user", 2, organization=ORG),)),
    "module_qualified": Expected((Connects("interactive", 1, user_principal_name=OPS),), disconnects=True),
    "not_constant": Expected((Connects("interactive", 4, delegated_organization=V, user_principal_name=V),)),
    "on_premises": Expected(),
    "parameters_with_defaults": Expected((Connects("managed_identity_system", 7, organization=V),)),
    "rps_switch": Expected(
        (Connects("interactive", 1, user_principal_name=OPS),),
        disconnects=True,
        legacy={1: "Connect-ExchangeOnline -UseRPSSession", 2: "Remove-PSSession"},
    ),
    "secrets": Expected(),
    "splat_add": Expected(
        (Connects("interactive", 4, delegated_organization="contoso.onmicrosoft.com", user_principal_name=OPS),)
    ),
    "splat_conditional": Expected((Connects("unknown", 8),)),
    "splat_plain": Expected((Connects("app_certificate_thumbprint", 8, organization=ORG, app_id=APP),)),
    "splat_unknown": Expected((Connects("unknown", 1),), uncertain=(1,)),
    "straight_sequence": Expected((Connects("managed_identity_system", 4, organization=ORG),), disconnects=True),
    "typographic": Expected((Connects("interactive", 1, user_principal_name=OPS),)),
    "wrong_closer": Expected((Connects("interactive", 1, user_principal_name=OPS),), legacy={3: "Remove-PSSession"}),
}
