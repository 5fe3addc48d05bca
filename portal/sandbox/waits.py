"""Who asked to be left alone until when, and which calls came inside that time all the same."""

from collections import Counter
from dataclasses import dataclass, field

from portal.sandbox.http import Json, Response

ON_THE_WIRE_SECONDS = 0.25
"""A call that comes so soon after the refusal may have been sent before the caller could read it."""


@dataclass(slots=True)
class Waits:
    """Times of each tenant by the monotonic clock."""

    refused_at: dict[str, float] = field(default_factory=dict)
    closed_until: dict[str, float] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def note_call(self, tenant: str, now: float) -> None:
        """Judge a call of any kind that arrives for a tenant."""
        if now < self.closed_until.get(tenant, now):
            late = now - self.refused_at[tenant] > ON_THE_WIRE_SECONDS
            self.counts["inside" if late else "on_the_wire"] += 1

    def note_answer(self, tenant: str, response: Response, now: float) -> None:
        """Remember for how long an answer asks to be left alone."""
        asked = dict(response.headers).get("retry-after", "") if response.status in (429, 503) else ""
        if asked.isdigit():
            self.counts["refused"] += 1
            self.refused_at[tenant] = now
            self.closed_until[tenant] = max(now + int(asked), self.closed_until.get(tenant, now))

    def describe(self) -> Json:
        """Return the figures as the control endpoint shows them."""
        return {name: self.counts[name] for name in ("refused", "inside", "on_the_wire")}
