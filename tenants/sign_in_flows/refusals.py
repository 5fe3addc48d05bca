"""Why somebody is not signed in, in words for a page."""

from portal.core.explanations import Retry
from portal.core.refusals import Refused
from portal.core.secrets.errors import SecretUnreadable
from tenants.tokens.failures import TokenFailure


class SignInRefused(Refused):
    """Nobody was signed in. `title` says what happened, `fix` what to do; `said` is Microsoft's own text, or empty.

    `passes` says that it passes by itself: a disturbance of the login host or of the way to it.
    """

    def __init__(self, title: str, fix: str, *, meaning: str = "", said: str = "", passes: bool = False) -> None:
        super().__init__(f"{title}. {fix}")
        self.title = title
        self.meaning = meaning
        self.fix = fix
        self.said = said
        self.passes = passes

    @property
    def reason(self) -> str:
        """What the audit trail keeps: the title, and Microsoft's text."""
        return f"{self.title} ({self.said[:300]})" if self.said else self.title


def refusal_of(failure: TokenFailure) -> SignInRefused:
    """Return what a failure of the login host, or of our own checks, means for somebody who signs in."""
    known = failure.explanation
    passes = known.retry is Retry.AUTOMATIC
    return SignInRefused(known.title, known.fix, meaning=known.meaning, said=failure.text, passes=passes)


def nothing_under_way() -> SignInRefused:
    """Return the refusal of an answer that nobody waits for."""
    return SignInRefused(
        "No sign-in is under way",
        "Begin the sign-in again.",
        meaning="It was finished or cancelled already, took too long, or was begun in another browser or session.",
    )


def refused_by_encryption_key(unreadable: SecretUnreadable) -> SignInRefused:
    """Return the refusal of a sign-in for which a stored secret does not open."""
    return SignInRefused(
        str(unreadable).removesuffix("."),
        "Sign in again. If it happens again, let an administrator restore the encryption key of this installation.",
        meaning="The encryption key was changed after the secret was stored.",
    )


def refused_by_federation_server() -> SignInRefused:
    """Return the refusal of a server of the organization's own, to which Microsoft sends some accounts."""
    return SignInRefused(
        "The federation server did not accept user name and password",
        "Sign in interactively or with a device code: both lead to the federation server's own page.",
        meaning="This account does not sign in at Microsoft, but at a server of its organization.",
    )
