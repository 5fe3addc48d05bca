"""A script comes in through its page: a report first, then a job of its steps; nothing of it is executed."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client

from jobs.runs.models import Run
from jobs.saved.models import Job, JobStep
from jobs.saved.selectors import steps_of
from jobs.scripts.source import MOST_BYTES
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.audit.models import AuditEvent
from tenants.partner.models import Partner
from tests.factories import make_app_registration, make_organizations, make_partner, make_person
from tests.forms import form_fields
from tests.jobs.scripts.samples import FOLDER

SignIn = Callable[[User], Client]
URL = "/jobs/import-script/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    partner = make_partner()
    make_app_registration(partner)
    return partner


@pytest.fixture
def browser(signed_in: SignIn, technician: User, partner: Partner) -> Client:
    return signed_in(technician)


def sample(name: str) -> str:
    return (FOLDER / f"{name}.ps1").read_text()


def created(browser: Client, text: str, name: str = "Forwarding") -> Job:
    answer = browser.post(URL, {"script": text, "create": "yes", "job_name": name})
    assert answer.status_code == 303, answer.content.decode()
    return Job.objects.get(name=name)


def test_the_page_asks_for_a_script(browser: Client) -> None:
    page = browser.get(URL).content.decode()
    assert "Import a PowerShell script" in page
    assert URL in browser.get("/jobs/").content.decode()
    assert URL in browser.get("/cmdlets/paste/").content.decode()


def test_who_may_not_launch_may_not_import(signed_in: SignIn) -> None:
    assert signed_in(make_person(Role.AUDITOR)).get(URL).status_code == 403


def test_the_report_says_the_verdict_first_and_keeps_nothing(browser: Client) -> None:
    page = browser.post(URL, {"script": sample("legacy_basic")}).content.decode()
    assert "connects once, with a stored password (legacy), and disconnects, but not on every path" in page
    assert "New-PSSession with Basic authentication" in page
    assert "Disconnect-ExchangeOnline -Confirm:$false" in page
    assert 'id="line-2" class="state-mark state-bad"' in page
    assert not Job.objects.exists()
    assert not AuditEvent.objects.filter(target_kind="job").exists()


def test_a_file_names_the_job(browser: Client) -> None:
    upload = SimpleUploadedFile("Set forwarding.ps1", "\ufeffGet-Mailbox anna".encode("utf-16"))
    page = browser.post(URL, {"script_file": upload}).content.decode()
    assert "What Set forwarding does" in page
    assert 'value="Set forwarding"' in page


@pytest.mark.parametrize(
    ("posted", "reason"),
    [
        ({}, "Nothing was pasted and no file was chosen"),
        ({"script": "a\x00b"}, "binary"),
        ({"script": "#" * (MOST_BYTES + 1)}, "at most 1,048,576 are read"),
    ],
)
def test_what_is_no_script_is_refused(browser: Client, posted: dict[str, str], reason: str) -> None:
    answer = browser.post(URL, posted)
    assert answer.status_code == 422
    assert reason in answer.content.decode()


def test_far_too_much_text_says_so(browser: Client) -> None:
    answer = browser.post(URL, {"script": "#" * 2_600_000})
    assert answer.status_code == 413
    assert "a script or a list may have 1 MB" in answer.content.decode()


@pytest.mark.parametrize("content", [b"MZ\x90\x00\x00", b"PK\x03\x04xxxx", b"x" * (MOST_BYTES + 5), b""])
def test_a_file_that_is_no_script_is_refused(browser: Client, content: bytes) -> None:
    answer = browser.post(URL, {"script_file": SimpleUploadedFile("x.ps1", content), "script": "  "})
    assert answer.status_code == 422
    assert "This could not be read" in answer.content.decode()


def test_a_secret_comes_back_nowhere(browser: Client) -> None:
    text = sample("secrets")
    for extra in ({}, {"create": "yes", "job_name": ""}):
        page = browser.post(URL, {"script": text, **extra}).content.decode()
        for secret in ("Sommer", "DEF.ghi", "top-secret", "Winter", "hidden-in", "plainword", "Fruehling"):
            assert secret not in page
    created(browser, text, "Secrets")
    kept = (
        str(list(Job.objects.values())) + str(list(JobStep.objects.values())) + str(list(AuditEvent.objects.values()))
    )
    assert "Winter" not in kept


def test_the_source_is_escaped(browser: Client) -> None:
    page = browser.post(URL, {"script": "Get-Mailbox '<script>alert(1)</script>'"}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_job_has_the_steps_in_order(browser: Client) -> None:
    job = created(browser, sample("straight_sequence"))
    assert [(step.position, step.cmdlet) for step in steps_of(job)] == [
        (1, "Get-Mailbox"),
        (2, "Set-Mailbox"),
        (3, "Add-MailboxPermission"),
        (4, "Get-MailboxPermission"),
    ]
    page = browser.get(f"/jobs/{job.pk}/").content.decode()
    assert "Its 4 steps" in page
    assert f"/cmdlets/Set-Mailbox/launch/?job={job.pk}&amp;step=2" in page
    assert "Identity ($Mailbox in the script)" in page
    assert "and 3 more steps" in browser.get("/jobs/").content.decode()
    (event,) = AuditEvent.objects.filter(action="job.created")
    assert [step["cmdlet"] for step in event.data["later_steps"]] == [
        *("Set-Mailbox", "Add-MailboxPermission", "Get-MailboxPermission")
    ]


def test_its_steps_are_launched_as_one_run_and_inputs_are_asked_for(browser: Client, partner: Partner) -> None:
    (place,) = make_organizations(1, partner=partner)
    job = created(browser, sample("parameters_with_defaults"))
    first, *later = steps_of(job)
    address = f"/cmdlets/{first.cmdlet}/launch/?job={job.pk}"
    page = browser.get(address).content.decode()
    posted = {**form_fields(page), "where": "chosen", "organization": str(place.pk), "reason": "why"}
    refused = browser.post(address, posted)
    assert refused.status_code == 422
    assert "Step 2, Set-Mailbox: Type Identity ($Mailbox in the script)" in refused.content.decode()
    assert not Run.objects.exists()
    asked = [name for name in posted if name.startswith("of_step.")]
    assert browser.post(address, {**posted, **dict.fromkeys(asked, "anna"), "p.Identity": "anna"}).status_code == 303
    run = Run.objects.get()
    assert ([step.cmdlet for step in run.steps], run.job_id) == ([first.cmdlet, *(s.cmdlet for s in later)], job.pk)
    assert run.steps[1].parameters["Identity"] == "anna"


def test_a_step_is_launched_alone(browser: Client, partner: Partner) -> None:
    (place,) = make_organizations(1, partner=partner)
    job = created(browser, sample("parameters_with_defaults"))
    address = f"/cmdlets/Set-Mailbox/launch/?job={job.pk}&step=2&alone=yes"
    posted = {**form_fields(browser.get(address).content.decode()), "where": "chosen", "organization": str(place.pk)}
    assert browser.post(address, {**posted, "p.Identity": "anna"}).status_code == 303
    run = Run.objects.get()
    assert (run.cmdlet, run.step_count, run.job_id) == ("Set-Mailbox", 1, job.pk)


def test_changing_a_step_leaves_the_others_alone(browser: Client) -> None:
    job = created(browser, sample("parameters_with_defaults"))
    before = [step.typed for step in steps_of(job)]
    page = browser.get(f"/cmdlets/Set-Mailbox/launch/?job={job.pk}&step=2").content.decode()
    posted = {**form_fields(page), "p.Identity": "anna", "look": "change_job", "where": "all"}
    assert browser.post("/cmdlets/Set-Mailbox/launch/", posted).status_code == 303
    job.refresh_from_db()
    first, second = steps_of(job)
    assert QueryDict(first.typed).getlist("input") == QueryDict(before[0]).getlist("input")
    assert "where=all" in first.typed
    assert "p.Identity=anna" in second.typed


def test_an_optional_input_is_required_as_well(browser: Client, partner: Partner) -> None:
    make_organizations(1, partner=partner)
    job = created(browser, "Get-Mailbox -OrganizationalUnit $ou")
    page = browser.get(f"/cmdlets/Get-Mailbox/launch/?job={job.pk}").content.decode()
    assert "Type OrganizationalUnit ($ou in the script): it is an input of this step." in page


def test_copying_and_deleting_take_every_step(browser: Client) -> None:
    job = created(browser, sample("straight_sequence"))
    browser.post(f"/jobs/{job.pk}/duplicate/")
    copy = Job.objects.get(name="Forwarding (copy)")
    assert [step.cmdlet for step in steps_of(copy)] == [step.cmdlet for step in steps_of(job)]
    browser.post(f"/jobs/{job.pk}/delete/")
    assert JobStep.objects.count() == 3


def test_a_script_without_a_step_says_why_and_creates_nothing(browser: Client) -> None:
    text = "foreach ($m in $all) { Set-Mailbox $m -AuditEnabled $true }"
    page = browser.post(URL, {"script": text}).content.decode()
    assert "Nothing of this script becomes a step" in page
    assert "it stands in a loop" in page
    answer = browser.post(URL, {"script": text, "create": "yes", "job_name": "x"})
    assert answer.status_code == 422
    assert not Job.objects.exists()


def test_a_name_that_is_taken_keeps_what_was_typed(browser: Client) -> None:
    created(browser, "Get-Mailbox a", "Taken")
    answer = browser.post(
        URL, {"script": "Get-Mailbox a", "create": "yes", "job_name": "Taken", "job_description": "for desk"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "There is already a job called “Taken”" in page
    assert 'value="for desk"' in page


def test_a_step_that_is_gone_is_no_launch_of_another(browser: Client) -> None:
    job = created(browser, sample("straight_sequence"))
    page = browser.get(f"/cmdlets/Set-Mailbox/launch/?job={job.pk}&step=9").content.decode()
    assert "The form starts empty." in page
