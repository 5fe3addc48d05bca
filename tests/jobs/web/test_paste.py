"""Pasting a PowerShell command fills the launch form."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.test import Client

from jobs.catalogue.cmdlets import find
from jobs.runs.models import Run
from jobs.saved.models import LaunchDraft
from jobs.saved.services import Definition, create_job
from jobs.web.what import What
from portal.accounts.models import User
from portal.core.actors import Actor
from tenants.partner.models import Partner
from tests.factories import make_app_registration, make_organizations, make_partner

SignIn = Callable[[User], Client]
Acting = Callable[[User], Actor]
URL = "/cmdlets/paste/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    make_app_registration(make_partner())
    return signed_in(technician)


def test_leads_to_the_filled_form(browser: Client) -> None:
    response = browser.post(URL, {"line": "Set-Mailbox bob -Force -CustomAttribute1 $x | Out-Null"})

    draft = LaunchDraft.objects.get()
    what = What.read(find("Set-Mailbox"), QueryDict(draft.typed))
    assert (response.status_code, response.headers["Location"]) == (
        303,
        f"/cmdlets/Set-Mailbox/launch/?draft={draft.pk}",
    )
    assert what.texts == {"Identity": "bob", "Force": "yes"}
    assert what.remarks.left_out == ("CustomAttribute1: `$x` is a variable: type its value.",)
    assert "`Out-Null` is left out" in what.remarks.notes[0]


def test_where_and_why_of_the_form_are_kept_in_a_draft_of_its_own(browser: Client) -> None:
    place = make_organizations(1)[0]
    browser.post(URL, {"line": "Set-Mailbox bob -Force", "organization": str(place.pk)})
    first = LaunchDraft.objects.get()

    browser.post(URL, {"line": "Get-Mailbox ann", "draft": str(first.pk)})

    second = LaunchDraft.objects.exclude(pk=first.pk).get()
    data = QueryDict(second.typed)
    assert second.cmdlet == "Get-Mailbox"
    assert data.getlist("organization") == [str(place.pk)]
    assert What.read(find("Get-Mailbox"), data).texts == {"Identity": "ann"}


def test_a_secret_is_neither_kept_nor_shown(browser: Client) -> None:
    browser.post(URL, {"line": "Set-Mailbox bob -Password (ConvertTo-SecureString 'hunter2' -AsPlainText -Force)"})

    assert "hunter2" not in LaunchDraft.objects.get().typed


def test_a_secret_and_a_variable_choose_the_parameter_set(browser: Client) -> None:
    browser.post(URL, {"line": "New-Mailbox -Name Bob -MicrosoftOnlineServicesID bob@a.example -Password $secret"})

    what = What.read(find("New-Mailbox"), QueryDict(LaunchDraft.objects.get().typed))
    assert what.chosen_set.name == "MicrosoftOnlineServicesID"
    assert what.texts == {"Name": "Bob", "MicrosoftOnlineServicesID": "bob@a.example"}


@pytest.mark.parametrize(
    "line",
    [
        "$pw = ConvertTo-SecureString 'hunter2' -AsPlainText -Force\nSet-Mailbox bob -Password $pw",
        "ConvertTo-SecureString hunter2 | Set-Mailbox bob",
        "$all = @{ Password = (ConvertTo-SecureString hunter2) }\nSet-Mailbox bob @all",
        "net use x: hunter2; Set-Mailbox bob",
    ],
)
def test_a_secret_of_another_command_is_neither_kept_nor_shown(browser: Client, line: str) -> None:
    address = browser.post(URL, {"line": line}).headers["Location"]

    draft = LaunchDraft.objects.get()
    remarks = What.read(find("Set-Mailbox"), QueryDict(draft.typed)).remarks
    assert "hunter2" not in f"{draft.typed} {remarks}"
    assert "hunter2" not in browser.get(address).content.decode()


def test_a_refused_secret_is_not_shown_again(browser: Client) -> None:
    line = "Set-Mailbox bob -Password 'hunter2'\nSet-Mailbox ann"
    page = browser.post(URL, {"line": line}).content.decode()

    assert "hunter2" not in page
    assert "it is not shown here again" in page
    assert page.count("Launch Set-Mailbox…") == 1


def test_a_job_of_another_cmdlet_is_not_changed_from_the_form(
    browser: Client, technician: User, acting: Acting
) -> None:
    typed = QueryDict("p.Identity=bob&where=all")
    job = create_job(
        actor=acting(technician),
        name="Old",
        description="",
        shared=True,
        definition=Definition.of_forms(find("Set-Mailbox"), typed),
    )
    form = {"job": str(job.pk), "look": "change_job", "p.Name": "x", "p.Password": "hunter2"}
    response = browser.post("/cmdlets/New-Mailbox/launch/", form)

    job.refresh_from_db()
    assert response.status_code == 422
    assert "hunter2" not in f"{job.typed} {response.content.decode()}"


def test_a_run_is_drafted_though_its_job_was_deleted_meanwhile(browser: Client) -> None:
    place = make_organizations(1, partner=Partner.objects.get())[0]
    form = {"job": str(uuid4()), "organization": str(place.pk), "p.Identity": "bob"}
    response = browser.post("/cmdlets/Get-Mailbox/launch/", form)

    assert response.status_code == 303
    assert Run.objects.get().job is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Set-Mailbx bob", "There is no cmdlet named Set-Mailbx."),
        ("Dear colleague", "This does not look like a PowerShell command."),
        ("", "Nothing was pasted."),
        ("x" * 1_000_000, "This is 1,000,000 bytes long; at most 65,536 are read."),
    ],
    ids=["unknown", "prose", "nothing", "long"],
)
def test_what_is_no_command_is_explained_and_kept(browser: Client, line: str, said: str) -> None:
    response = browser.post(URL, {"line": line})
    page = response.content.decode()

    assert response.status_code == 422
    assert said in page
    assert (f">\n{line}</textarea>" in page) == (len(line) < 100)
    assert not LaunchDraft.objects.exists()


def test_nearest_names_are_links(browser: Client) -> None:
    assert 'href="/cmdlets/Set-Mailbox/"' in browser.post(URL, {"line": "Set-Mailbx bob"}).content.decode()


def test_ten_commands_are_offered_one_by_one(browser: Client) -> None:
    response = browser.post(URL, {"line": "\n".join(f"Set-Mailbox user{number}" for number in range(10))})

    commands = response.context["refusal"].commands
    assert [browser.post(URL, {"line": command.line}).status_code for command in commands] == [303] * 10
    assert response.content.decode().count("Launch Set-Mailbox…") == 10


def test_a_remark_that_was_not_written_here_is_not_shown() -> None:
    assert not What.read(find("Get-Mailbox"), QueryDict("remarks=WyJhIl0:forged")).remarks


class TestAccess:
    def test_not_signed_in(self, client: Client) -> None:
        assert client.post(URL, {"line": "Get-Mailbox"}).status_code == 302

    def test_wrong_role(self, signed_in: SignIn, auditor: User) -> None:
        assert signed_in(auditor).get(URL).status_code == 403
        assert signed_in(auditor).post(URL, {"line": "Get-Mailbox"}).status_code == 403

    def test_wrong_method(self, browser: Client) -> None:
        assert browser.delete(URL).status_code == 405

    def test_empty_page(self, browser: Client) -> None:
        assert browser.get(URL).status_code == 200
