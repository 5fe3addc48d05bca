"""The audit trail: written in the transaction of its change, never altered, always readable."""

import ast
import string
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.db.transaction import TransactionManagementError

from portal.audit.actions import SENTENCES, AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import Object, draft, record, write
from portal.core.actors import Actor
from tests.factories import SYSTEM
from tests.live import ROOT

PLACE = Object("run", "7", "Get-Mailbox in 3 organizations")


def record_one(actor: Actor = SYSTEM) -> AuditEvent:
    with transaction.atomic():
        return record(AuditAction.RUN_STARTED, actor=actor, target=PLACE)


@pytest.mark.django_db(transaction=True)
class TestTransaction:
    def test_without_one_nothing_is_recorded(self) -> None:
        with pytest.raises(TransactionManagementError, match="transaction of its change"):
            record(AuditAction.RUN_STARTED, actor=SYSTEM, target=PLACE)
        with pytest.raises(TransactionManagementError):
            write([draft(AuditAction.RUN_STARTED, actor=SYSTEM, target=PLACE)])
        assert not AuditEvent.objects.exists()

    def test_that_is_rolled_back_leaves_no_event(self) -> None:
        with transaction.atomic():
            record(AuditAction.RUN_STARTED, actor=SYSTEM, target=PLACE)
            transaction.set_rollback(True)
        assert not AuditEvent.objects.exists()


@pytest.mark.django_db
class TestInsertOnly:
    @pytest.mark.parametrize(
        "statement",
        ["UPDATE audit_event SET actor_label = 'somebody else'", "DELETE FROM audit_event"],
    )
    def test_the_database_refuses(self, statement: str) -> None:
        record_one()
        with pytest.raises(ProgrammingError, match="never changed or deleted"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement)
        assert AuditEvent.objects.get().actor_label == SYSTEM.label

    def test_the_querysets_are_refused_too(self) -> None:
        record_one()
        with pytest.raises(ProgrammingError), transaction.atomic():
            AuditEvent.objects.update(actor_label="somebody else")
        with pytest.raises(ProgrammingError), transaction.atomic():
            AuditEvent.objects.all().delete()

    def test_the_model_refuses_to_be_deleted(self) -> None:
        with pytest.raises(TypeError, match="never deleted"):
            record_one().delete()


@pytest.mark.django_db
class TestEvent:
    def test_copies_names_as_values(self) -> None:
        event = record_one()
        event.refresh_from_db()
        assert (event.actor_kind, event.actor_label, event.source) == ("system", "test", "task")
        assert (event.target_kind, event.target_id, event.target_label) == ("run", "7", PLACE.label)

    def test_a_worker_on_a_host_with_the_longest_name_can_write(self) -> None:
        worker = Actor.system(f"worker {'h' * 80}:4194304")
        event = record_one(worker)
        event.refresh_from_db()
        assert event.actor_label == worker.label


def placeholders(action: AuditAction) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(SENTENCES[action]) if field} - {"actor", "target"}


SHARED = {
    "told": {"cmdlet", "step", "on_behalf_of"},
    "event_data": {"cmdlet", "step", "on_behalf_of", "state", "error_class", "attempt"},
}
"""What functions that put the data of events together give to all of them."""


def functions_that_record() -> Iterator[tuple[str, set[AuditAction], set[str]]]:
    """Every function that names audit actions, with the keys of the dictionaries that it writes."""
    for path in sorted(path for app in ("portal", "tenants", "jobs") for path in (ROOT / app).rglob("*.py")):
        if path.name == "actions.py":
            continue
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                named, keys = _names_in(function)
                yield f"{path.relative_to(ROOT)}:{function.name}", named, keys | _shared_by(function)


def _shared_by(function: ast.FunctionDef) -> set[str]:
    """The keys that a function has from others that put the data of events together."""
    called = {ast.unparse(n.func).rpartition(".")[2] for n in ast.walk(function) if isinstance(n, ast.Call)}
    return {key for name in called & SHARED.keys() for key in SHARED[name]}


def _names_in(function: ast.FunctionDef) -> tuple[set[AuditAction], set[str]]:
    nodes = list(ast.walk(function))
    attributes = [n for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)]
    named = {AuditAction[n.attr] for n in attributes if n.value.id == "AuditAction"}  # type: ignore[attr-defined]  # filtered above
    keys = {str(k.value) for n in nodes if isinstance(n, ast.Dict) for k in n.keys if isinstance(k, ast.Constant)}
    return named, keys


class TestSentences:
    def test_every_action_has_one(self) -> None:
        assert set(SENTENCES) == set(AuditAction)

    @pytest.mark.parametrize("action", AuditAction)
    def test_is_whole_when_its_data_is_there(self, action: AuditAction) -> None:
        data = {name: f"<{name}>" for name in placeholders(action)}
        sentence = draft(action, actor=SYSTEM, target=PLACE, data=data).sentence
        assert "?" not in sentence
        assert all(f"<{name}>" in sentence for name in placeholders(action))

    def test_gets_its_data_wherever_it_is_recorded(self) -> None:
        missing = [
            (where, action.value, placeholders(action) - keys)
            for where, actions, keys in functions_that_record()
            for action in actions
            if not placeholders(action) <= keys
        ]
        assert missing == []

    def test_names_actions_as_subject_and_verb(self) -> None:
        for action in AuditAction:
            subject, _, verb = action.value.partition(".")
            assert subject.replace("_", "").isalpha()
            assert verb.replace("_", "").isalpha()
            assert len(action.value) <= 60

    def test_of_an_event_without_data_is_still_a_sentence(self) -> None:
        assert draft(AuditAction.RUN_FINISHED, actor=SYSTEM, target=PLACE).sentence.endswith("ended: ?")


@pytest.mark.django_db
def test_the_database_refuses_to_empty_the_trail() -> None:
    record_one()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_event_never_emptied")
        with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
            cursor.execute("TRUNCATE audit_event")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_never_emptied")
    assert AuditEvent.objects.count() == 1
