"""`python -m portal.local up`, `check` and `sbom`: what the Makefile calls."""

import sys

from portal.local import sbom
from portal.local.checks import check
from portal.local.up import up

ACTIONS = {"up": up, "check": check, "sbom": sbom.write}


def main() -> int:
    """Run the action that is named on the command line; returns the exit status."""
    if len(sys.argv) != 2 or sys.argv[1] not in ACTIONS:
        print(f"Usage: python -m portal.local {'|'.join(ACTIONS)}", file=sys.stderr)
        return 2
    return ACTIONS[sys.argv[1]]()


if __name__ == "__main__":
    sys.exit(main())
