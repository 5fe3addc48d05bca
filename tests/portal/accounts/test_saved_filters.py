"""Saved filters: one click brings the filters of a list back, to their owner and to those they are shared with."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import User
from portal.accounts.saved_filters.models import SavedFilter
from portal.accounts.saved_filters.normal_form import normal_form
from portal.accounts.saved_filters.services import (
    MOST_PER_LIST,
    FilterNotSaved,
    FilterUnknown,
    change_filter,
    delete_filter,
    save_filter,
)
from portal.core.actors import Actor
from tests.factories import SYSTEM, make_person

SignIn = Callable[[User], Client]
Acting = Callable[[User], Actor]
pytestmark = pytest.mark.django_db


def names(user: User) -> list[str]:
    return list(SavedFilter.objects.filter(person=user).order_by("name").values_list("name", flat=True))


class TestNormalForm:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("b=2&a=1", "a=1&b=2"),
            ("?state=failed&cursor=abc&all=1&q=", "state=failed"),
            ("state=x&state=a&state=x", "state=a&state=x"),
            ("q=%20mail+box%20&x=%00", "q=mail+box"),
            ("q=%ff", "q=%EF%BF%BD"),
            ("", ""),
        ],
    )
    def test_same_filters_read_the_same(self, query: str, expected: str) -> None:
        assert normal_form(query) == expected
        assert normal_form(expected) == expected


class TestSave:
    def test_keeps_the_normal_form(self, technician: User, acting: Acting) -> None:
        saved = save_filter(
            actor=acting(technician), page="runs", name="  My  failures ", query="state=failed&cursor=x"
        )

        assert (saved.name, saved.query, saved.page) == ("My failures", "state=failed", "runs")

    def test_the_same_name_replaces(self, technician: User, acting: Acting) -> None:
        actor = acting(technician)
        save_filter(actor=actor, page="runs", name="Mine", query="a=1")
        save_filter(actor=actor, page="runs", name="Mine", query="a=2")
        save_filter(actor=actor, page="audit", name="Mine", query="a=3")

        assert SavedFilter.objects.get(page="runs").query == "a=2"
        assert len(names(technician)) == 2

    @pytest.mark.parametrize(
        ("name", "query"), [("", "a=1"), ("x" * 61, "a=1"), ("x", "cursor=1"), ("x", "a" * 2100 + "=1")]
    )
    def test_refuses_what_cannot_be_kept(self, technician: User, acting: Acting, name: str, query: str) -> None:
        with pytest.raises(FilterNotSaved):
            save_filter(actor=acting(technician), page="runs", name=name, query=query)

    def test_refuses_one_too_many_and_the_system(self, technician: User, acting: Acting) -> None:
        actor = acting(technician)
        for number in range(MOST_PER_LIST):
            save_filter(actor=actor, page="runs", name=str(number), query="a=1")

        with pytest.raises(FilterNotSaved, match="the most there can be"):
            save_filter(actor=actor, page="runs", name="one more", query="a=1")
        assert save_filter(actor=actor, page="runs", name="1", query="a=2").query == "a=2"
        with pytest.raises(FilterNotSaved):
            save_filter(actor=SYSTEM, page="runs", name="x", query="a=1")


class TestChange:
    def test_only_one_opens_the_list(self, technician: User, acting: Acting) -> None:
        actor = acting(technician)
        first, second = (save_filter(actor=actor, page="runs", name=name, query="a=1") for name in ("first", "second"))
        for saved in (first, second):
            change_filter(actor=actor, saved_filter_id=saved.pk, name=saved.name, is_shared=False, is_default=True)

        assert SavedFilter.objects.get(is_default=True) == second

    def test_a_name_stays_unique(self, technician: User, acting: Acting) -> None:
        actor = acting(technician)
        first = save_filter(actor=actor, page="runs", name="first", query="a=1")
        save_filter(actor=actor, page="runs", name="second", query="a=1")

        with pytest.raises(FilterNotSaved, match="called “second”"):
            change_filter(actor=actor, saved_filter_id=first.pk, name="second", is_shared=False, is_default=False)

    def test_nobody_touches_what_another_saved(self, technician: User, acting: Acting) -> None:
        saved = save_filter(actor=acting(technician), page="runs", name="x", query="a=1")
        other = acting(make_person())
        change_filter(actor=acting(technician), saved_filter_id=saved.pk, name="x", is_shared=True, is_default=False)

        with pytest.raises(FilterUnknown):
            change_filter(actor=other, saved_filter_id=saved.pk, name="y", is_shared=False, is_default=False)
        with pytest.raises(FilterUnknown):
            delete_filter(actor=other, saved_filter_id=saved.pk)
        assert names(technician) == ["x"]


class TestPages:
    @pytest.fixture
    def browser(self, signed_in: SignIn, technician: User) -> Client:
        return signed_in(technician)

    @pytest.mark.parametrize("path", ["/runs/", "/organizations/", "/cmdlets/"])
    def test_a_list_saves_and_opens_filters(self, browser: Client, path: str) -> None:
        page = browser.get(f"{path}?q=x&risk=read").context["saved"]
        fields = {"page": page.page, "path": page.path, "query": page.query, "name": "Mine"}

        answer = browser.post("/saved-filters/", fields)

        assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}?q=x&risk=read")
        shown = browser.get(answer.headers["Location"])
        assert shown.context["saved"].current.name == "Mine"
        assert f'href="{path}?q=x&amp;risk=read" aria-current="true"' in shown.content.decode()

    def test_an_unusable_name_is_said_and_kept(self, browser: Client) -> None:
        fields = {"page": "runs", "path": "/runs/", "query": "a=1", "name": "n" * 70}

        answer = browser.post("/saved-filters/", fields)

        assert answer.status_code == 422
        assert "n" * 70 in answer.content.decode()
        assert 'value="a=1"' in answer.content.decode()

    @pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
    def test_leads_nowhere_else(self, browser: Client, path: str) -> None:
        answer = browser.post("/saved-filters/", {"page": "runs", "path": path, "query": "a=1", "name": "x"})

        assert answer.headers["Location"] == "/?a=1"

    def test_the_default_opens_the_list_and_clearing_shows_all(
        self, browser: Client, technician: User, acting: Acting
    ) -> None:
        actor = acting(technician)
        saved = save_filter(actor=actor, page="runs", name="x", query="state=failed")
        change_filter(actor=actor, saved_filter_id=saved.pk, name="x", is_shared=False, is_default=True)

        opened = browser.get("/runs/", headers={"Referer": "http://testserver/"})
        cleared = browser.get("/runs/", headers={"Referer": "http://testserver/runs/?state=failed"})

        assert (opened.status_code, opened.headers["Location"]) == (302, "/runs/?state=failed")
        assert cleared.status_code == 200
        assert browser.get("/runs/?all=1").status_code == 200
        assert browser.get("/runs/", headers={"HX-Request": "true"}).status_code == 200

    def test_changes_renames_and_deletes(self, browser: Client, technician: User, acting: Acting) -> None:
        saved = save_filter(actor=acting(technician), page="runs", name="x", query="a=1")
        url = f"/saved-filters/{saved.pk}/?path=/runs/"

        assert browser.get(url).status_code == 200
        assert browser.post(url, {"name": ""}).status_code == 422
        assert browser.post(url, {"name": "y", "is_shared": "on"}).headers["Location"] == "/runs/?a=1"
        assert SavedFilter.objects.get(name="y").is_shared
        assert browser.post(f"/saved-filters/{saved.pk}/delete/?path=/runs/").headers["Location"] == "/runs/?a=1"
        assert names(technician) == []

    def test_others_see_only_what_is_shared_and_edit_nothing(
        self, browser: Client, technician: User, signed_in: SignIn, acting: Acting
    ) -> None:
        actor = acting(technician)
        shared = save_filter(actor=actor, page="runs", name="everybody's", query="a=1")
        change_filter(actor=actor, saved_filter_id=shared.pk, name=shared.name, is_shared=True, is_default=False)
        save_filter(actor=actor, page="runs", name="private", query="a=2")
        other = signed_in(make_person())

        seen = other.get("/runs/").context["saved"]

        assert [saved.name for saved in seen.shared] == ["everybody's"]
        assert seen.own == []
        assert other.get(f"/saved-filters/{shared.pk}/").status_code == 404
        assert other.post(f"/saved-filters/{shared.pk}/delete/").status_code == 404

    def test_query_count_does_not_grow(self, signed_in: SignIn, administrator: User) -> None:
        browser, counts = signed_in(administrator), []
        for number in (1, 30):
            for index in range(number):
                person = make_person()
                SavedFilter.objects.create(person=person, page="audit", name=str(index), query="a=1", is_shared=True)
            with CaptureQueriesContext(connection) as captured:
                browser.get("/audit/")
            counts.append(len(captured))

        assert counts[0] == counts[1]
