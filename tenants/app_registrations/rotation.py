"""Replacing a certificate without a gap: which step comes next."""

from collections.abc import Sequence
from dataclasses import dataclass

from tenants.app_registrations.models import AppRegistration, Certificate, in_order_of_use


@dataclass(frozen=True, slots=True)
class RotationStep:
    """One step; `state` is "done", "next" or "later"."""

    title: str
    sentence: str
    state: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """The certificate that goes and the one that comes (None: there is none yet), with the steps in their order.

    `is_urgent`: the one in use ends soon, and no other could follow it.
    """

    old: Certificate
    new: Certificate | None
    is_urgent: bool
    steps: Sequence[RotationStep]


def rotation_of(app_registration: AppRegistration) -> Rotation | None:
    """Return where the rotation stands (its certificates loaded); None while there is nothing to replace."""
    usable = in_order_of_use(app_registration.certificates.all())
    if not usable:
        return None
    in_use = usable[0]
    newer = [each for each in usable if each.not_after > in_use.not_after]
    left = [each for each in app_registration.certificates.all() if each.not_after < in_use.not_after]
    if newer or in_use.expires_soon:
        new = max(newer, key=lambda each: each.not_after, default=None)
        return Rotation(in_use, new, in_use.expires_soon and new is None, _steps(in_use, new, is_chosen=False))
    if left:
        old = max(left, key=lambda each: each.not_after)
        return Rotation(old, in_use, False, _steps(old, in_use, is_chosen=True))
    return None


def _steps(old: Certificate, new: Certificate | None, *, is_chosen: bool) -> list[RotationStep]:
    name = f"{new.thumbprint[:8]}…" if new else "the new one"
    is_accepted = bool(new and new.accepted_at) or is_chosen
    done = (new is not None, is_accepted, is_accepted, is_chosen, False)
    titles = (
        ("Add the new certificate here", "Make it outside, then upload it below with its private key."),
        (
            "Upload its public part in Entra",
            f"Download the .cer file of {name} and add it to the application under Certificates & secrets. The old one "
            "stays there for now.",
        ),
        ("Test it", f"“Ask Entra” beside {name} asks for a token with it; nothing else changes."),
        ("Use it from now on", f"Choose {name}: every run that is launched from then on signs in with it."),
        (
            "Remove the old one",
            f"Remove {old.thumbprint[:8]}… here and in Entra, once no run that was launched with it goes on.",
        ),
    )
    following = done.index(False)
    states = ("done" if is_done else "next" if place == following else "later" for place, is_done in enumerate(done))
    return [RotationStep(*title, state) for title, state in zip(titles, states, strict=True)]
