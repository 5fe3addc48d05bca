"""What repeating a cmdlet does: the rule behind every decision to retry (exchange-protocol.md 6.2)."""

from enum import StrEnum


class Effect(StrEnum):
    """Effect of one call. Only `READ` and `ABSOLUTE_SET` are harmless to repeat."""

    READ = "read"
    ABSOLUTE_SET = "absolute_set"
    CREATE = "create"
    RELATIVE = "relative"

    @property
    def harmless_to_repeat(self) -> bool:
        """Whether running the same call twice leaves the organization as running it once does."""
        return self in (Effect.READ, Effect.ABSOLUTE_SET)


_OVERRIDES = {
    # The cmdlet replaces the whole membership with the list it is given.
    "Update-ComplianceCaseMember": Effect.ABSOLUTE_SET,
    "Update-DistributionGroupMember": Effect.ABSOLUTE_SET,
    "Update-RoleGroupMember": Effect.ABSOLUTE_SET,
    "Update-eDiscoveryCaseAdmin": Effect.ABSOLUTE_SET,
    # Reads that send messages.
    "Test-Message": Effect.RELATIVE,
    "Validate-OutboundConnector": Effect.RELATIVE,
    # A decision or a message that is not a stored setting.
    "Set-AccessToCustomerDataRequest": Effect.RELATIVE,
    "Set-ComplianceSearchAction": Effect.RELATIVE,
    "Set-DataEncryptionPolicy": Effect.RELATIVE,
    "Set-M365DataAtRestEncryptionPolicy": Effect.RELATIVE,
    "Set-OMEMessageRevocation": Effect.RELATIVE,
    # These provision or cut off something rather than flip a setting.
    "Enable-ComplianceTagStorage": Effect.RELATIVE,
    "Enable-Mailbox": Effect.RELATIVE,
    "Enable-MailPublicFolder": Effect.RELATIVE,
    "Enable-OrganizationCustomization": Effect.RELATIVE,
    "Disable-JournalArchiving": Effect.RELATIVE,
    "Disable-Mailbox": Effect.RELATIVE,
    "Disable-MailPublicFolder": Effect.RELATIVE,
}

_BY_VERB = {
    "Set": Effect.ABSOLUTE_SET,
    "Enable": Effect.ABSOLUTE_SET,
    "Disable": Effect.ABSOLUTE_SET,
    "New": Effect.CREATE,
}

_ACTING_PREFIXES = ("Add", "Apply", "Generate", "Recalculate", "Rehome", "Remove", "Reset", "Retry", "Rotate", "Start")


def cmdlet_effect(name: str, *, verb: str, risk: str, active_read: bool) -> Effect:
    """Return the effect of a cmdlet when nothing is known about its parameters; `RELATIVE` when in doubt."""
    if name in _OVERRIDES:
        return _OVERRIDES[name]
    if risk == "read":
        return Effect.RELATIVE if active_read else Effect.READ
    return _BY_VERB.get(verb, Effect.RELATIVE)


def call_effect(base: Effect, parameters: dict[str, object], *, dry_run: bool) -> Effect:
    """Return the effect of one call.

    `base` is the cmdlet's own effect and `parameters` the validated ones. A change to part of a multivalued property,
    or a parameter that acts instead of setting (AddExchangeLocation, RetryDistribution), makes a set relative.
    """
    if dry_run:
        return Effect.READ
    if base is not Effect.ABSOLUTE_SET:
        return base
    acts = any(
        name.startswith(_ACTING_PREFIXES) and (value is True or isinstance(value, list | dict))
        for name, value in parameters.items()
    )
    partial = any(isinstance(value, dict) and ({"Add", "Remove"} & value.keys()) for value in parameters.values())
    return Effect.RELATIVE if acts or partial else base
