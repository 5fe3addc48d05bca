"""Which command a name means: quotes, module in front, aliases of PowerShell and of the script."""

from functools import cache
from types import MappingProxyType

from jobs.catalogue.cmdlets import raw_cmdlets

ALIASES = MappingProxyType(
    {
        "%": "foreach-object",
        "?": "where-object",
        "echo": "write-output",
        "epcsv": "export-csv",
        "fl": "format-list",
        "foreach": "foreach-object",
        "ft": "format-table",
        "fw": "format-wide",
        "group": "group-object",
        "gsn": "get-pssession",
        "icm": "invoke-command",
        "ipmo": "import-module",
        "ipsn": "import-pssession",
        "measure": "measure-object",
        "nal": "new-alias",
        "nsn": "new-pssession",
        "oh": "out-host",
        "rsn": "remove-pssession",
        "sajb": "start-job",
        "sal": "set-alias",
        "select": "select-object",
        "sort": "sort-object",
        "tee": "tee-object",
        "where": "where-object",
        "write": "write-output",
    }
)
"""Aliases that PowerShell itself has, of commands that matter here."""

_OTHERS = frozenset(
    {
        *("connect-exchangeonline", "connect-ippssession", "disconnect-exchangeonline", "connect-exopssession"),
        *("new-pssession", "remove-pssession", "import-pssession", "invoke-command"),
        *("convertto-securestring", "new-object", "set-alias", "new-alias"),
    }
)
_MOST_HOPS = 5


def spelling(written: str) -> str:
    """Return a name without quotes and backticks."""
    return written.strip().strip("'\"").replace("`", "")


def bare(name: str) -> str:
    """Return a name without its module (`ExchangeOnlineManagement\\Get-Mailbox`); a path to a file stays as it is."""
    module, _, rest = name.rpartition("\\")
    return rest if module and module[0] not in "$./~" and ":" not in module and "\\" not in module else name


def is_loop(name: str) -> bool:
    """Whether a command runs its script block for every object (`name` in lower case)."""
    return ALIASES.get(name, name) == "foreach-object"


def meant(name: str, aliases: dict[str, str]) -> str:
    """Return in lower case the command that `name` means; `aliases` are those of the script, in lower case."""
    known = bare(name).lower()
    for _ in range(_MOST_HOPS):
        further = aliases.get(known) or ALIASES.get(known)
        if further is None:
            break
        known = bare(further).lower()
    return known


def variable(written: str) -> str:
    """Return the name of a variable in lower case, without dollar, braces and scope."""
    return written.strip("${} ").lower().rpartition(":")[2]


def is_known(name: str) -> bool:
    """Whether this is a cmdlet of Exchange or opens or closes a connection."""
    return bare(name).lower() in _known()


@cache
def _known() -> frozenset[str]:
    return frozenset(name.lower() for name in raw_cmdlets()) | _OTHERS
