"""Troubles that a fixed share of the organizations has, spread deterministically over their indices."""

import random

from portal.sandbox.world.clouds import WORLDWIDE, cloud_of_index

AT_THE_TOKEN = ("app_not_consented", "no_exchange_licence", "conditional_access", "app_disabled", "subscription_lapsed")
EXCHANGE_SAYS_NO = ("role_missing", "role_unsupported", "cmdlet_trimmed")
STILL_SUCCEEDS = ("slow", "throttled", "dehydrated", "relationship_ended")
ON_REQUEST = ("exchange_role_revoked",)
AT_THE_SIGN_IN = (
    "mfa_required",
    "external_challenge",
    "device_not_compliant",
    "security_policy",
    "assignment_required",
    "passthrough_refused",
    "not_preconsented",
    "device_code_blocked",
    "sign_in_frequency",
)
"""On request too; they hinder people and leave applications alone."""

TROUBLES = {
    "app_not_consented": "no consent for the application in the customer: AADSTS65001",
    "no_exchange_licence": "no Exchange Online in the organization: AADSTS500011",
    "subscription_lapsed": "the Exchange Online subscription has lapsed: AADSTS500014",
    "conditional_access": "the customer's Conditional Access blocks the partner: AADSTS53003",
    "app_disabled": "the customer disabled the enterprise application: AADSTS7000112",
    "role_missing": "no Exchange role: 403 with a body of NUL bytes",
    "role_unsupported": "a directory role that Exchange does not support: 403 with a text",
    "cmdlet_trimmed": "an Exchange role without the cmdlet: 403 with x-ms-diagnostics",
    "exchange_role_revoked": "the application permission Exchange.ManageAsApp is missing: 401",
    "slow": "every Exchange answer takes two seconds",
    "throttled": "the first Exchange calls answer 429 with Retry-After 1",
    "dehydrated": "Enable-OrganizationCustomization was never run",
    "relationship_ended": "the delegated admin relationship was terminated: AADSTS50020 for delegated access",
    "mfa_required": "wants multifactor authentication at its own authority: AADSTS50076, 50079 without registration",
    "external_challenge": "wants a third party's multifactor authentication: AADSTS50158",
    "device_not_compliant": "Conditional Access wants a compliant device: AADSTS53000",
    "security_policy": "a security policy blocks people: AADSTS530032",
    "assignment_required": "the enterprise application is for assigned people only: AADSTS50105",
    "passthrough_refused": "its challenge is not for people of other tenants: AADSTS50177",
    "not_preconsented": "the application is not authorized for partner delegated administrators: AADSTS90099",
    "device_code_blocked": "Conditional Access blocks device codes: AADSTS53003",
    "sign_in_frequency": "refresh tokens from before are too old for its sign-in frequency: AADSTS70043",
}

THROTTLED_CALLS = 2
SLOW_SECONDS = 2.0


def spread(seed: int, organizations: int, share: float) -> dict[int, str]:
    """Return the trouble of each troubled organization by index; those of national clouds have none.

    `share` is the part of the organizations that does not succeed: 22 of 30 of them because Exchange says no, 7 of 30
    because no token is issued. As many again as 12 of 30 have a trouble that still lets application access succeed.
    """
    troubled = organizations * share / 30
    worldwide = [index for index in range(organizations) if cloud_of_index(index) == WORLDWIDE]
    plan = [
        *_cycle(EXCHANGE_SAYS_NO, round(troubled * 22)),
        *_cycle(AT_THE_TOKEN, round(troubled * 7)),
        *_cycle(STILL_SUCCEEDS, round(troubled * 12)),
    ]
    plan = plan[: len(worldwide)]
    order = random.Random(f"{seed}:troubles").sample(worldwide, len(plan))
    return dict(zip(order, plan, strict=True))


def _cycle(names: tuple[str, ...], count: int) -> list[str]:
    return [names[position % len(names)] for position in range(count)]
