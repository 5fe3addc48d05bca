"""Organizations that are left alone for a while, and identities that no token is asked for as."""

from datetime import datetime

from django.db.models import Count, Max

from jobs.liveness.findings import Finding, Level, in_words
from jobs.throttling.models import IdentityBreaker, OrganizationGate
from portal.core.templatetags.presentation import counted


def throttled_finding(now: datetime) -> Finding:
    """Say how many organizations are left alone, for which reasons, and until when at most."""
    closed = OrganizationGate.objects.filter(closed_until__gt=now).order_by("reason")
    rows = list(closed.values("reason").annotate(number=Count("pk"), until=Max("closed_until")))
    number = sum(row["number"] for row in rows)
    longest = max(((row["until"] - now).total_seconds() for row in rows), default=None)
    words = dict(OrganizationGate._meta.get_field("reason").flatchoices)
    reasons = ", ".join(f"{row['number']} {str(words[row['reason']]).lower()}" for row in rows)
    return Finding(
        "throttled",
        "Organizations left alone",
        Level.WATCH if number else Level.WORKS,
        "None." if longest is None else f"{number}: {reasons}. The last one opens in {in_words(longest)}.",
        "none",
        "Nothing: they go on by themselves when their time is over." if number else "",
        {"organizations": number, "longest_seconds": longest},
    )


def breakers_finding() -> Finding:
    """Say which identities are refused tokens everywhere."""
    open_now = list(IdentityBreaker.objects.filter(opened_at__isnull=False).order_by("opened_at"))
    names = ", ".join(f"{breaker.name} ({breaker.refusals[0]['code']})" for breaker in open_now)
    identities = counted(len(open_now), "identity,identities")
    return Finding(
        "breakers",
        "Sign-ins held back",
        Level.FAILS if open_now else Level.WORKS,
        f"No token is asked for as {identities}, refused everywhere: {names}." if open_now else "None.",
        "none",
        "Open the failure under Connections, and put the application or account right." if open_now else "",
        {"identities": len(open_now)},
    )
