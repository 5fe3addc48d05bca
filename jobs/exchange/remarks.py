"""What looks like a failure and is none, or happens only outside Signalbox (exchange-protocol.md 5.5)."""

from pathlib import Path

from portal.core.explanation_files import read_explanations

REMARKS = read_explanations(Path(__file__).with_name("remarks.toml"))
