from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from portal.accounts.models import User
from portal.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough phrase"


def password_file(folder: Path, password: str = PASSWORD) -> str:
    path = folder / "password"
    path.write_text(f"{password}\n")
    return str(path)


def test_the_new_administrator_can_sign_in_and_the_event_says_who_made_the_account(tmp_path: Path) -> None:
    call_command("create_administrator", "max", "--name", "Max Meyer", "--password-file", password_file(tmp_path))
    assert Client().login(username="max", password=PASSWORD)
    assert User.objects.get(username="max").role_labels == "Platform administrator"
    assert AuditEvent.objects.get(action="role.granted").actor_label.startswith("shell account")


def test_a_weak_password_is_refused_and_nobody_is_created(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="too short"):
        call_command("create_administrator", "max", "--password-file", password_file(tmp_path, "short"))
    assert not User.objects.exists()


def test_a_taken_name_is_refused(tmp_path: Path) -> None:
    path = password_file(tmp_path)
    call_command("create_administrator", "max", "--password-file", path)
    with pytest.raises(CommandError, match="already"):
        call_command("create_administrator", "max", "--password-file", path)
