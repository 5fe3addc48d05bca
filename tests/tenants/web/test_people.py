"""The pages about people and what they may do: who sees them, what they change, and what they refuse."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.factors.models import EnrolmentCode
from portal.accounts.grants.models import CustomRole, GrantKind, NamedSet, RoleGrant
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.web.access import STEPPED_UP_AT
from portal.audit.models import AuditEvent
from portal.core.actors import Source
from portal.core.authority import ScopeKind
from portal.core.permissions import Permission
from tests.factories import grant, make_group, make_organizations, make_person

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.fixture
def platform(db: None) -> User:
    return make_person(Role.PLATFORM_ADMINISTRATOR)


def text_of(client: Client, name: str, *args: object, **query: str) -> str:
    return client.get(reverse(name, args=args), query).content.decode()


class TestPeople:
    def test_the_list_is_found_filtered_and_costs_the_same_however_long(
        self, platform: User, signed_in: SignedIn
    ) -> None:
        browser, nadia = signed_in(platform), make_person(Role.APPROVER, username="nadia")
        assert "nadia" in text_of(browser, "accounts:people", q="nad")
        assert "nadia" not in text_of(browser, "accounts:people", role="auditor")
        assert "nadia" not in text_of(browser, "accounts:people", state="disabled")
        assert (
            text_of(browser, "accounts:people", role="approver").count(reverse("accounts:person", args=[nadia.pk])) == 1
        )

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                browser.get(reverse("accounts:people"))
            return len(queries)

        before = cost()
        for _ in range(5):
            make_person(Role.AUDITOR)
        assert cost() == before

    def test_an_administrator_creates_a_person_who_signs_in_with_microsoft(
        self, platform: User, signed_in: SignedIn
    ) -> None:
        said = {"display_name": "Nadia", "username": "nadia", "tenant_id": str(uuid4()), "object_id": str(uuid4())}
        answer = signed_in(platform).post(reverse("accounts:person-new"), said)
        person = User.objects.get(username="nadia")
        assert answer.headers["Location"] == reverse("accounts:person", args=[person.pk])
        assert str(person.entra_object_id) == said["object_id"]
        assert not person.has_usable_password()
        assert not person.grants

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"username": "taken"}, "already exists"),
            ({"password": "short"}, "too short"),
            ({"object_id": str(uuid4())}, "tenant id and object id, or neither"),
            ({}, "too short"),
        ],
    )
    def test_bad_input_is_refused_and_kept(
        self, platform: User, signed_in: SignedIn, changes: dict[str, str], sentence: str
    ) -> None:
        make_person(username="taken")
        said = {"display_name": "Nadia", "username": "nadia", **changes}
        if "username" in changes:
            said["password"] = "correct horse battery staple"
        answer = signed_in(platform).post(reverse("accounts:person-new"), said)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert 'value="Nadia"' in answer.content.decode()
        assert not User.objects.filter(display_name="Nadia").exists()

    def test_one_microsoft_account_belongs_to_one_person(self, platform: User, signed_in: SignedIn) -> None:
        tenant, oid = uuid4(), uuid4()
        User.objects.filter(pk=make_person().pk).update(entra_tenant_id=tenant, entra_object_id=oid)
        other = make_person()
        answer = signed_in(platform).post(
            reverse("accounts:person-identity", args=[other.pk]), {"tenant_id": str(tenant), "object_id": str(oid)}
        )
        assert "Somebody else signs in with this account" in answer.content.decode()

    def test_disabling_says_before_what_ends_and_enabling_undoes_it(
        self, platform: User, technician: User, signed_in: SignedIn
    ) -> None:
        browser = signed_in(platform)
        signed_in(technician)
        assert "1 session end" in text_of(browser, "accounts:person-disable", technician.pk)
        browser.post(reverse("accounts:person-disable", args=[technician.pk]), {"reason": "Left"})
        assert not User.objects.get(pk=technician.pk).is_active
        assert AuditEvent.objects.get(action="person.disabled").data["reason"] == "Left"
        browser.post(reverse("accounts:person-enable", args=[technician.pk]))
        assert User.objects.get(pk=technician.pk).is_active

    def test_an_enrolment_code_is_shown_once_and_never_to_oneself(
        self, platform: User, technician: User, signed_in: SignedIn
    ) -> None:
        browser = signed_in(platform)
        shown = browser.post(reverse("accounts:person-enrolment-code", args=[technician.pk]))
        code = shown.context["code"]
        assert code in shown.content.decode()
        assert code not in text_of(browser, "accounts:person", technician.pk)
        assert code not in str(list(AuditEvent.objects.values())) + str(list(EnrolmentCode.objects.values()))
        browser.post(reverse("accounts:person-enrolment-code", args=[platform.pk]))
        assert not EnrolmentCode.objects.filter(person=platform).exists()

    @pytest.mark.parametrize("role", [Role.SENIOR_TECHNICIAN, Role.APPROVER, Role.AUDITOR, Role.PARTNER_ADMINISTRATOR])
    def test_nobody_else_changes_anything(self, role: Role, technician: User, signed_in: SignedIn) -> None:
        browser = signed_in(make_person(role))
        held = technician.role_grants.get()
        for name, args in (
            ("accounts:person-new", []),
            ("accounts:person-identity", [technician.pk]),
            ("accounts:person-disable", [technician.pk]),
            ("accounts:person-enable", [technician.pk]),
            ("accounts:person-enrolment-code", [technician.pk]),
            ("accounts:role-new", []),
            ("jobs:named-set-new", []),
            ("tenants:grant-new", [technician.pk]),
            ("tenants:grant-revoke", [held.pk]),
        ):
            assert browser.post(reverse(name, args=args), {}).status_code == 403, name

    def test_changing_anything_needs_a_fresh_proof_of_being_there(
        self, platform: User, technician: User, signed_in: SignedIn
    ) -> None:
        browser = signed_in(platform)
        session = browser.session
        session[STEPPED_UP_AT] = 1.0
        session.save()
        for name in ("accounts:person-disable", "tenants:grant-new"):
            answer = browser.post(reverse(name, args=[technician.pk]), {})
            assert answer.headers["Location"].startswith(reverse("accounts:confirm")), name
        assert User.objects.get(pk=technician.pk).is_active


class TestNobodyAlone:
    """What one administrator cannot do alone, however the pages are used."""

    def test_a_custom_role_that_one_holds_is_changed_by_others_only(self, platform: User, signed_in: SignedIn) -> None:
        role = CustomRole.objects.create(name="Reader", permissions=["jobs:run:read"], changed_by="test")
        grant(platform, role)
        said = {"name": "Reader", "permissions": ["jobs:run:read", "jobs:run:launch"]}
        answer = signed_in(platform).post(reverse("accounts:role", args=[role.pk]), said)
        assert "nobody changes their own rights" in answer.content.decode()
        assert not User.objects.get(pk=platform.pk).as_actor(Source.WEB).has(Permission.RUN_LAUNCH)
        other = make_person(Role.PLATFORM_ADMINISTRATOR)
        assert signed_in(other).post(reverse("accounts:role", args=[role.pk]), said).status_code == 303

    def test_a_named_set_that_limits_ones_own_grant_is_changed_and_deleted_by_others_only(
        self, platform: User, signed_in: SignedIn
    ) -> None:
        named = NamedSet.objects.create(name="X", cmdlets=["Get-Mailbox"], changed_by="test")
        grant(platform, Role.SENIOR_TECHNICIAN, limits={"named_sets": [named.pk]})
        browser = signed_in(platform)
        said = {"name": "X", "cmdlets": "Get-Mailbox Remove-Mailbox"}
        answer = browser.post(reverse("jobs:named-set", args=[named.pk]), said)
        assert "nobody changes their own rights" in answer.content.decode()
        browser.post(reverse("jobs:named-set-delete", args=[named.pk]))
        assert NamedSet.objects.get().cmdlets == ["Get-Mailbox"]

    def test_another_microsoft_account_ends_what_goes_on_in_a_persons_name(
        self, platform: User, technician: User, signed_in: SignedIn
    ) -> None:
        browser = signed_in(technician)
        said = {"tenant_id": str(uuid4()), "object_id": str(uuid4())}
        signed_in(platform).post(reverse("accounts:person-identity", args=[technician.pk]), said)
        assert browser.get("/").status_code == 302
        assert AuditEvent.objects.get(action="person.linked").data["sessions_ended"] == 1

    def test_an_account_is_not_enabled_again_once_somebody_else_signs_in_with_its_identity(
        self, platform: User, signed_in: SignedIn
    ) -> None:
        first, second, tenant, oid = make_person(), make_person(), uuid4(), uuid4()
        User.objects.filter(pk=first.pk).update(is_active=False, entra_tenant_id=tenant, entra_object_id=oid)
        User.objects.filter(pk=second.pk).update(entra_tenant_id=tenant, entra_object_id=oid)
        signed_in(platform).post(reverse("accounts:person-enable", args=[first.pk]))
        assert not User.objects.get(pk=first.pk).is_active

    def test_elevating_needs_a_fresh_proof(self, platform: User, signed_in: SignedIn) -> None:
        eligible = grant(platform, Role.SENIOR_TECHNICIAN, kind=GrantKind.ELIGIBLE)
        browser = signed_in(platform)
        session = browser.session
        session[STEPPED_UP_AT] = 1.0
        session.save()
        answer = browser.post(
            reverse("accounts:my-role-elevate", args=[eligible.pk]), {"hours": "1", "reason": "Outage"}
        )
        assert answer.headers["Location"].startswith(reverse("accounts:confirm"))
        assert not RoleGrant.objects.filter(kind=GrantKind.ELEVATION).exists()


class TestGrants:
    WANTED = {"role": "technician", "kind": "standing", "scope_kind": "everything", "reason": "New here"}

    def grant(self, browser: Client, person: User, **changes: object) -> str:
        return browser.post(
            reverse("tenants:grant-new", args=[person.pk]), {**self.WANTED, **changes}, follow=True
        ).content.decode()

    def test_over_a_group_with_limits_it_says_what_it_means(self, platform: User, signed_in: SignedIn) -> None:
        browser, person = signed_in(platform), make_person(None)
        group = make_group("Gold", make_organizations(2))
        named = NamedSet.objects.create(name="Mail flow read", cmdlets=["Get-TransportRule"], changed_by="test")
        shown = self.grant(
            browser,
            person,
            scope_kind="group",
            group=str(group.pk),
            named_sets=[str(named.pk)],
            verbs="Get, Test",
            until="2099-01-31",
        )
        assert "holds Technician over the organization group Gold; only cmdlets that begin with Get, Test" in shown
        made = RoleGrant.objects.get(user=person)
        assert (made.scope_kind, made.scope_id, made.scope_name) == (ScopeKind.GROUP, group.pk, "Gold")
        assert made.limits == {"verbs": ["Get", "Test"], "named_sets": [named.pk]}
        assert (made.until.year, made.until.hour) == (2099, 23)  # type: ignore[union-attr]

    def test_an_administrator_without_sight_of_organizations_grants_over_one_by_its_domain(
        self, platform: User, signed_in: SignedIn
    ) -> None:
        (organization,) = make_organizations(1)
        person = make_person(None)
        self.grant(signed_in(platform), person, scope_kind="organization", organization=organization.default_domain)
        assert RoleGrant.objects.get(user=person).scope_id == organization.pk

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"scope_kind": "organization", "organization": "nowhere.example"}, "domain or tenant id, exactly"),
            ({"scope_kind": "group"}, "Choose a partner or an organization group"),
            ({"reason": ""}, "This field is required"),
            ({"until": "2001-01-01"}, "past already"),
            ({"role": "emperor"}, "Select a valid choice"),
        ],
    )
    def test_bad_input_is_refused(
        self, platform: User, signed_in: SignedIn, changes: dict[str, str], sentence: str
    ) -> None:
        person = make_person(None)
        assert sentence in self.grant(signed_in(platform), person, **changes)
        assert not RoleGrant.objects.filter(user=person).exists()

    def test_nobody_grants_to_themselves(self, platform: User, signed_in: SignedIn) -> None:
        assert "Nobody changes their own roles" in self.grant(signed_in(platform), platform)

    def test_revoking_ends_it_at_once_and_stays_readable(
        self, platform: User, technician: User, signed_in: SignedIn
    ) -> None:
        browser, held = signed_in(platform), technician.role_grants.get()
        browser.post(reverse("tenants:grant-revoke", args=[held.pk]), {"reason": "Moved"})
        assert not User.objects.get(pk=technician.pk).grants
        assert "Moved" in text_of(browser, "accounts:person", technician.pk)

    def test_elevation_out_of_an_eligible_role_and_its_early_end(self, platform: User, signed_in: SignedIn) -> None:
        person = make_person(None)
        self.grant(signed_in(platform), person, kind="eligible")
        browser, eligible = signed_in(person), RoleGrant.objects.get(user=person)
        assert not User.objects.get(pk=person.pk).grants
        url = reverse("accounts:my-role-elevate", args=[eligible.pk])
        assert browser.post(url, {"hours": "9", "reason": "x"}).status_code == 422
        assert browser.post(url, {"hours": "2", "reason": "Outage"}).status_code == 303
        assert User.objects.get(pk=person.pk).grants
        made = RoleGrant.objects.get(kind=GrantKind.ELEVATION)
        assert "elevated to" in text_of(browser, "accounts:my-roles")
        browser.post(reverse("accounts:my-role-end", args=[made.pk]))
        assert not User.objects.get(pk=person.pk).grants

    def test_nobody_elevates_to_anothers_role(self, platform: User, technician: User, signed_in: SignedIn) -> None:
        other = make_person(None)
        self.grant(signed_in(platform), other, kind="eligible")
        url = reverse("accounts:my-role-elevate", args=[RoleGrant.objects.get(user=other).pk])
        assert signed_in(technician).post(url, {"hours": "1", "reason": "x"}).status_code == 404


class TestRoles:
    def test_a_custom_role_is_made_held_and_changed(self, platform: User, signed_in: SignedIn) -> None:
        browser = signed_in(platform)
        said = {"name": "Reader", "purpose": "Reads", "permissions": [Permission.RUN_READ.value]}
        browser.post(reverse("accounts:role-new"), said)
        role = CustomRole.objects.get()
        person = make_person(None)
        grant(person, role)
        assert User.objects.get(pk=person.pk).grants[0].permissions == {Permission.RUN_READ}
        browser.post(reverse("accounts:role-delete", args=[role.pk]))
        assert CustomRole.objects.exists(), "its history needs it"
        listed = text_of(browser, "accounts:roles")
        assert "Reader" in listed
        assert "Platform administrator" in listed

    def test_an_unknown_cmdlet_in_a_named_set_is_refused_with_the_nearest(
        self, platform: User, signed_in: SignedIn
    ) -> None:
        browser = signed_in(platform)
        answer = browser.post(reverse("jobs:named-set-new"), {"name": "X", "cmdlets": "Get-Mailbux"})
        assert "Did you mean Get-Mailbox?" in answer.content.decode()
        browser.post(reverse("jobs:named-set-new"), {"name": "X", "cmdlets": "get-mailbox, Get-Recipient"})
        assert NamedSet.objects.get().cmdlets == ["Get-Mailbox", "Get-Recipient"]


class TestWhy:
    def ask(self, browser: Client, **query: str) -> str:
        return " ".join(text_of(browser, "jobs:why", **{"cmdlet": "Get-Mailbox", **query}).split())

    def test_the_answer_names_the_grant_that_decides(self, signed_in: SignedIn) -> None:
        inside, outside = make_organizations(2)
        person = make_person(None)
        grant(person, Role.TECHNICIAN, over=make_group("Gold", [inside]))
        browser = signed_in(person)
        assert "You may launch Get-Mailbox" in self.ask(browser, organization=inside.default_domain)
        risky = self.ask(browser, organization=inside.default_domain, cmdlet="Remove-Mailbox")
        assert "does not allow cmdlets of the risk “destructive”" in risky
        foreign = self.ask(browser, organization=outside.default_domain)
        missing = self.ask(browser, organization="nowhere.example")
        assert "There is no such organization." in foreign
        assert foreign.replace(outside.default_domain, "X").count("There is no such organization.") == missing.count(
            "There is no such organization."
        )
        assert outside.name not in foreign

    def test_only_who_may_explain_asks_about_others(self, technician: User, auditor: User, signed_in: SignedIn) -> None:
        (place,) = make_organizations(1)
        about = {"organization": place.default_domain, "person": technician.username}
        assert f"{technician.display_name} may launch" in self.ask(signed_in(auditor), **about)
        nosy = make_person(Role.APPROVER)
        assert "You may not launch" in self.ask(signed_in(nosy), **about)

    def test_a_person_or_cmdlet_that_there_is_not_is_said(self, auditor: User, signed_in: SignedIn) -> None:
        (place,) = make_organizations(1)
        browser = signed_in(auditor)
        assert "Nobody can sign in as" in self.ask(browser, organization=place.default_domain, person="nobody")
        odd = self.ask(browser, organization=place.default_domain, cmdlet="Get-Nonsense")
        assert "not in the catalogue" in odd
