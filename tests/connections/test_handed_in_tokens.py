"""An access token that was handed in: checked at once and before every use, never renewed."""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from jobs.dispatch.attempt import attempt_next
from jobs.dispatch.start import start_run
from jobs.runs.states import TargetState
from tenants.organizations.models import Organization
from tenants.profiles import accesses
from tenants.profiles.methods import Method, ProfileService
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.services import create_profile
from tenants.profiles.validation import ProfileRefused, ProfileValues
from tenants.tokens.handed_in import HandedInTokens
from tests.connections.conftest import Cloud, profile_for, token_of_application
from tests.connections.test_own_accounts import READ, states
from tests.connections.ways import WORLDWIDE, Way
from tests.live import settle

pytestmark = pytest.mark.django_db(transaction=True)
WAY = Way(Method.ACCESS_TOKEN, "exo", WORLDWIDE, source="application")


@pytest.fixture
def cloud(cloud_of: Callable[[Way], Cloud]) -> Cloud:
    return cloud_of(WAY)


def token_with(**changes: Any) -> str:
    claims = {
        "tid": str(uuid4()),
        "aud": "https://outlook.office365.com",
        "roles": ["Exchange.ManageAsApp"],
        "exp": (timezone.now() + timedelta(hours=1)).timestamp(),
        **changes,
    }
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def in_two_hours() -> datetime:
    return timezone.now() + timedelta(hours=2)


@pytest.mark.parametrize(
    ("token", "title"),
    [
        ("garbage", "it names no tenant"),
        ("x" * 20_000, "it names no tenant"),
        ("two\nlines", "it names no tenant"),
        (token_with(tid=""), "it names no tenant"),
        (token_with(exp=0), "Token has expired"),
        (token_with(exp=(timezone.now() + timedelta(seconds=60)).timestamp()), "Token has expired"),
        (token_with(aud="https://graph.microsoft.com"), "Token is for another service"),
        (token_with(roles=["User.Read.All"]), "Exchange permission missing in token"),
    ],
    ids=["garbage", "endless", "two lines", "no tenant", "expired", "ends in a minute", "another audience", "no role"],
)
def test_is_refused_at_handing_in_and_shown_nowhere(cloud: Cloud, token: str, title: str) -> None:
    values = ProfileValues("Handed in", Method.ACCESS_TOKEN, service=ProfileService.EXCHANGE, access_token=token)
    with pytest.raises(ProfileRefused, match=title) as refusal:
        create_profile(actor=cloud.actor, partner=cloud.partner, values=values)
    assert token not in str(refusal.value)
    assert not ConnectionProfile.objects.filter(method=Method.ACCESS_TOKEN).exists()


def test_for_another_organization_is_refused_before_anything_is_sent(cloud: Cloud, carry_out: Any) -> None:
    profile = profile_for(WAY, cloud, access_token=token_of_application(WAY, cloud))
    elsewhere = next(
        o
        for o in cloud.sandbox.control("GET", "organizations")
        if o["cloud"] == WORLDWIDE and o["trouble"] is None and o["tenant_id"] != str(cloud.organization.tenant_id)
    )
    Organization.objects.filter(pk=cloud.organization.pk).update(tenant_id=elsewhere["tenant_id"])
    cloud.organization.refresh_from_db()
    run = cloud.launch(profile, "exo")
    carry_out(run)
    assert states(run) == {(TargetState.ERRORED, "wrong_organization"): 1}
    assert cloud.sandbox.executions(READ) == []


def test_that_ends_in_mid_run_is_not_renewed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = profile_for(WAY, cloud, access_token=token_of_application(WAY, cloud))
    runs = [cloud.launch(profile, "exo") for _ in range(2)]
    asked = len(cloud.sandbox.control("GET", "logins?kind=token"))
    for run in runs:
        start_run(run_id=run.pk)
        attempt_next()
        settle()
        monkeypatch.setattr(accesses, "HandedInTokens", partial(HandedInTokens, clock=in_two_hours))
    assert [list(states(run)) for run in runs] == [
        [(TargetState.SUCCEEDED, "")],
        [(TargetState.ERRORED, "token_expired")],
    ]
    assert len(cloud.sandbox.executions(READ)) == 1
    assert len(cloud.sandbox.control("GET", "logins?kind=token")) == asked
