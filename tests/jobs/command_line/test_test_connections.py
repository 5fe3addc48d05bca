"""`test_connections` as a person types it."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.core.management import call_command

from jobs.runs.models import Run
from tenants.capabilities.models import Capabilities
from tenants.organizations.models import Organization
from tests.factories import make_app_registration, make_group, make_organizations, make_partner, make_profile
from tests.live import ROOT, Processes

Bring = Callable[..., list[Organization]]


@pytest.mark.django_db(transaction=True)
def test_tests_a_group_and_says_who_cannot_be_reached(workers: Processes, organizations_of: Bring) -> None:
    good, bad = organizations_of(2), organizations_of(1, trouble="app_not_consented")
    make_group("Gold", [*good, *bad])
    done = subprocess.run(
        [sys.executable, "manage.py", "test_connections", "--group", "Gold", "--json"],
        cwd=ROOT,
        env=workers.environment(COLUMNS="200"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(line["state"] for line in lines) == ["errored", "succeeded", "succeeded"]
    assert "No consent" in done.stderr
    assert Run.objects.get().is_connection_test
    assert Capabilities.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "No organization is chosen"),
        (["--all", "--profile", "Nobody's"], "There is no connection profile called"),
        (["--group", "Nowhere"], "Nowhere"),
    ],
)
def test_is_refused_before_anything_is_opened(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    make_organizations(1, partner=make_app_registration().partner)
    with pytest.raises(SystemExit) as ended:
        call_command("test_connections", *arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_a_profile_that_two_partners_have_is_named_with_its_partner(capsys: pytest.CaptureFixture[str]) -> None:
    alpha, beta = make_partner(name="Alpha"), make_partner(name="Beta")
    for partner in (alpha, beta):
        make_organizations(1, partner=partner)
        make_profile(partner, name="By night")
    with pytest.raises(SystemExit):
        call_command("test_connections", "--all", "--profile", "by night")
    assert "Write “Alpha/By night” or “Beta/By night”" in capsys.readouterr().err

    with pytest.raises(SystemExit):
        call_command("test_connections", "--organization", "nowhere.example", "--profile", "beta/by night")
    assert "nowhere.example" in capsys.readouterr().err
