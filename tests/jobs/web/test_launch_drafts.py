"""Nothing typed is lost: drafts by tab, sign-outs in the middle, and what an address names."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.test import Client

from jobs.runs.models import Run
from jobs.saved.models import LaunchDraft
from portal.accounts.models import User
from tests.factories import (
    PASSWORD,
    code_of,
    make_app,
    make_app_registration,
    make_organizations,
    make_partner,
    make_person,
)

SignIn = Callable[[User], Client]
URL = "/cmdlets/Get-Mailbox/launch/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    make_app_registration(make_partner())
    return signed_in(technician)


def texts(browser: Client, draft_id: str | UUID) -> dict[str, str]:
    form = browser.get(URL, {"draft": str(draft_id)}).context["form"]
    found: dict[str, str] = form.what.texts
    return found


class TestDraft:
    def test_is_kept_by_every_post_and_opened_by_its_address(self, browser: Client) -> None:
        draft_id = browser.get(URL).context["form"].draft_id
        assert not LaunchDraft.objects.exists()

        response = browser.post(URL, {"draft": str(draft_id), "look": "save", "p.Identity": "bob"})

        assert response.headers["HX-Replace-Url"] == f"{URL}?draft={draft_id}"
        assert texts(browser, draft_id) == {"Identity": "bob"}

    def test_of_two_tabs_are_two(self, browser: Client) -> None:
        tabs = [browser.get(URL).context["form"].draft_id for _ in range(2)]
        for tab, typed in zip(tabs, ("bob", "ann"), strict=True):
            browser.post(URL, {"draft": str(tab), "look": "save", "p.Identity": typed})

        assert [texts(browser, tab) for tab in tabs] == [{"Identity": "bob"}, {"Identity": "ann"}]

    def test_is_kept_when_the_launch_is_refused(self, browser: Client) -> None:
        draft_id = uuid4()

        response = browser.post(URL, {"draft": str(draft_id), "p.Identity": "bob", "where": "chosen"})

        assert response.status_code == 422
        assert texts(browser, draft_id) == {"Identity": "bob"}

    def test_that_was_launched_begins_another_launch_and_says_so(self, browser: Client) -> None:
        make_organizations(1)
        draft_id = uuid4()
        browser.post(URL, {"draft": str(draft_id), "p.Identity": "bob", "where": "all"})
        run = Run.objects.get()
        browser.post(f"/runs/{run.pk}/launch/")

        response = browser.get(URL, {"draft": str(draft_id)})
        browser.post(URL, {"draft": str(draft_id), "look": "save", "p.Identity": "late"})

        assert "This was launched already" in response.content.decode()
        assert response.context["form"].draft_id != draft_id
        assert LaunchDraft.objects.get(run=run).typed.startswith("p.Identity=bob")
        assert LaunchDraft.objects.filter(typed="p.Identity=late").exists()

    def test_of_somebody_else_or_of_another_cmdlet_is_not_opened(self, browser: Client, signed_in: SignIn) -> None:
        draft_id = uuid4()
        browser.post("/cmdlets/Set-Mailbox/launch/", {"draft": str(draft_id), "look": "save", "p.Identity": "bob"})

        for client in (browser, signed_in(make_person())):
            response = client.get(URL, {"draft": str(draft_id)})
            assert response.context["form"].what.texts == {}
            assert "This unfinished launch was discarded" in response.content.decode()

    def test_too_large_to_be_kept_is_said(self, browser: Client) -> None:
        response = browser.post(URL, {"look": "save", "p.Filter": "x" * 600_000})

        assert "too much to be kept" in response.content.decode()
        assert not LaunchDraft.objects.exists()

    @pytest.mark.parametrize("key", ["draft", "from", "job"])
    @pytest.mark.parametrize("value", ["nonsense", str(UUID(int=7))])
    def test_what_an_address_names_in_vain_is_said(self, browser: Client, key: str, value: str) -> None:
        response = browser.get(URL, {key: value})

        assert response.status_code == 200
        assert "The form starts empty." in response.content.decode()

    @pytest.mark.parametrize("key", ["organization", "group"])
    def test_an_unreadable_id_in_an_address_is_said(self, browser: Client, key: str) -> None:
        assert "cannot be read and was ignored" in browser.get(URL, {key: "nonsense"}).content.decode()


class TestSignedOut:
    def post_and_sign_in(self, browser: Client, person: User, typed_by: User) -> str:
        draft_id = str(uuid4())
        browser.logout()
        typed = {"draft": draft_id, "typed_by": str(typed_by.pk), "p.Identity": "bob", "reason": "why"}
        away = browser.post(f"{URL}?draft={draft_id}", typed)
        assert (away.status_code, away.headers["Location"]) == (302, f"/sign-in/?next={URL}%3Fdraft%3D{draft_id}")
        seed = make_app(person)
        name = {"username": person.username, "password": PASSWORD, "next": f"{URL}?draft={draft_id}"}
        browser.post("/sign-in/", name)
        back = browser.post("/sign-in/second-factor/", {"code": code_of(seed)})
        assert back.headers["Location"] == f"{URL}?draft={draft_id}"
        return draft_id

    def test_what_was_posted_is_there_after_signing_in_again(self, browser: Client, technician: User) -> None:
        draft_id = self.post_and_sign_in(browser, technician, technician)

        response = browser.get(URL, {"draft": draft_id})

        assert response.context["form"].what.texts == {"Identity": "bob"}
        assert response.context["form"].purpose["reason"].value() == "why"
        assert "Everything that you had typed is here again." in response.content.decode()
        assert texts(browser, draft_id) == {"Identity": "bob"}

    def test_it_is_shown_to_nobody_else(self, browser: Client, technician: User) -> None:
        draft_id = self.post_and_sign_in(browser, make_person(), technician)

        assert texts(browser, draft_id) == {}

    def test_a_flood_is_not_kept(self, client: Client) -> None:
        typed = {"draft": str(uuid4()), "typed_by": "1", "names": "x" * 70_000}
        client.post(URL, typed)

        assert "interrupted_launch" not in client.session
