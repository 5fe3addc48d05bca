"""The names and values that variables can have."""

import re
from collections.abc import Mapping

from portal.core.refusals import Refused
from portal.core.text import storable
from tenants.organizations.models import Organization

LONGEST_VALUE = 1000
BUILT_IN = ("name", "default_domain", "initial_domain", "tenant_id")
"""Variables that every organization has by itself; nobody can set them."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


class VariableRefused(Refused):
    """The variable cannot be set."""


def checked_name(name: str) -> str:
    """Return `name` when a variable can be called so; raises `VariableRefused`."""
    name = name.strip()
    if name in BUILT_IN:
        raise VariableRefused(f"“{name}” is known of every organization by itself. Choose another name.")
    if not _NAME.fullmatch(name):
        raise VariableRefused(
            f"“{storable(name, 60)}” cannot be a name. Use up to 60 lower-case letters, digits and _, beginning with a "
            "letter, for instance helpdesk_mail."
        )
    return name


def checked_value(value: str) -> str:
    """Return `value` as it is stored; raises `VariableRefused` when it is empty or too long."""
    value = storable(value).strip()
    if not value:
        raise VariableRefused("Type a value. To have none, remove the variable.")
    if len(value) > LONGEST_VALUE:
        raise VariableRefused(f"The value has {len(value):,} characters. Shorten it to {LONGEST_VALUE:,}.")
    return value


def built_in(organization: Organization) -> Mapping[str, str]:
    """Return the variables that `organization` has by itself."""
    return {name: str(getattr(organization, name)) for name in BUILT_IN}
