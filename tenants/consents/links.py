"""The admin-consent link of an organization, and what Microsoft sends back to where it leads (2.1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing

from portal.core.refusals import Refused
from tenants.app_registrations.models import AppRegistration
from tenants.microsoft.environments import Environment
from tenants.microsoft.one_line import one_line
from tenants.organizations.models import Organization

LASTS_SECONDS = 7 * 24 * 3600
_SALT = "tenants.consents"
_CODE = re.compile(r"AADSTS\d+")


class AnswerRefused(Refused):
    """What arrived is no answer to a link of ours; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ConsentLinks:
    """Where an administrator of the organization consents: to all that the app asks for, or to Exchange alone."""

    everything: str
    exchange: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What Microsoft says about one link: `tenant_id` is where the consent was given, empty when it was not.

    `code` is Microsoft's ("AADSTS65004") or empty, `text` its own sentence on one line. Anybody can forge all but the
    organization and the app registration, so it proves nothing.
    """

    organization: Organization
    app_registration: AppRegistration
    tenant_id: str
    error: str
    code: str
    text: str

    @property
    def is_granted(self) -> bool:
        """Whether it says that the consent was given, in the organization that the link was made for."""
        return not self.error and self.tenant_id == str(self.organization.tenant_id)


def consent_links(
    organization: Organization, app_registration: AppRegistration, environment: Environment, *, answer_url: str
) -> ConsentLinks:
    """Return the links at the authority of the organization's `environment`; they lead back to `answer_url`."""
    state = signing.dumps([str(app_registration.pk), str(organization.pk)], salt=_SALT)
    common = {"client_id": str(app_registration.application_id), "redirect_uri": answer_url, "state": state}
    authority = f"{environment.login_url}/{organization.tenant_id}"
    return ConsentLinks(
        everything=f"{authority}/adminconsent?{urlencode(common)}",
        exchange=f"{authority}/v2.0/adminconsent?{urlencode({**common, 'scope': environment.exchange_scope})}",
    )


def read_answer(query: Mapping[str, str]) -> Answer:
    """Return what an answer says; raises `AnswerRefused` unless its state is ours and not older than seven days."""
    organization, app_registration = _about(query.get("state", ""))
    error, text = one_line(query.get("error"), 100), one_line(query.get("error_description"), 500)
    granted = query.get("admin_consent", "").lower() == "true" and not error
    code = _CODE.search(text)
    return Answer(
        organization,
        app_registration,
        tenant_id=one_line(query.get("tenant"), 60).lower() if granted else "",
        error=error or ("" if granted else "no_answer"),
        code=code[0] if code else "",
        text=text,
    )


def _about(state: str) -> tuple[Organization, AppRegistration]:
    try:
        app_registration_id, organization_id = signing.loads(state, salt=_SALT, max_age=LASTS_SECONDS)
        return (
            Organization.objects.select_related("partner").get(pk=UUID(organization_id)),
            AppRegistration.objects.get(pk=UUID(app_registration_id), partner__organizations=organization_id),
        )
    except signing.SignatureExpired:
        raise AnswerRefused(
            "The link that led here is older than seven days. Copy a new one from the organization's page."
        ) from None
    except (signing.BadSignature, ValueError, TypeError):
        raise AnswerRefused(
            "This is no answer to a link of Signalbox. Open the link again exactly as it was sent."
        ) from None
    except (Organization.DoesNotExist, AppRegistration.DoesNotExist):
        raise AnswerRefused("The organization or the app registration of this link is no longer known here.") from None
