"""Many stored secrets, of both formats and under several root keys, and the files of those keys."""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from portal.core.secrets.envelope import seal, unseal
from portal.core.secrets.models import PurposeKey
from tenants.sign_ins.models import PersonalSignIn, place_of_refresh_token
from tests.portal.core.secrets import version_1


@dataclass
class KeyFiles:
    """A folder of root keys that this process and those it starts use."""

    folder: Path
    settings: Settings

    def add(self, name: str) -> Path:
        """Put one more key there: the current one from now on."""
        file = self.folder / name
        file.write_text(base64.b64encode(os.urandom(32)).decode())
        return file

    def use(self, *files: Path) -> None:
        self.settings.ENCRYPTION_KEY = ""
        self.settings.ENCRYPTION_KEY_FILES = [str(file) for file in files]

    def environment(self) -> dict[str, str]:
        """What a management command needs to work on the database of this test with these keys."""
        database = connection.settings_dict
        account = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
        return {
            **{name: value for name, value in os.environ.items() if name != "ENCRYPTION_KEY"},
            "DJANGO_SETTINGS_MODULE": "portal.settings.dev",
            "DATABASE_URL": f"postgresql://{account}/{database['NAME']}",
            "ENCRYPTION_KEY_FILE": ",".join(self.settings.ENCRYPTION_KEY_FILES),
        }


def store_tokens(number: int, *, in_version_1: bool = False) -> dict[UUID, str]:
    """Store refresh tokens sealed with the current root key; returns them by row."""
    now = timezone.now()
    rows, tokens = [], {}
    for _ in range(number):
        row = PersonalSignIn(
            person_id=str(uuid4()),
            session="0" * 64,
            environment="O365Default",
            tenant_id=uuid4(),
            application_id=uuid4(),
            is_public_client=True,
            signed_in_with_mfa=True,
            signed_in_at=now,
            ends_at=now + timedelta(hours=8),
        )
        tokens[row.pk] = f"0.AX{uuid4().hex}"
        place = place_of_refresh_token(row)
        where = {"table": place["table"], "row": place["row"], "column": place["column"]}
        content = tokens[row.pk].encode()
        row.sealed_refresh_token = version_1.seal(content, **where) if in_version_1 else seal(content, **place)  # type: ignore[arg-type]
        rows.append(row)
    PersonalSignIn.objects.bulk_create(rows, batch_size=1000)
    return tokens


def lost(tokens: Mapping[UUID, str]) -> int:
    """Return how many of the stored tokens are not there any more, or do not open as they were."""
    rows = {row.pk: row for row in PersonalSignIn.objects.filter(pk__in=tokens)}
    kept = [pk for pk, token in tokens.items() if pk in rows and opened(rows[pk]) == token]
    return len(tokens) - len(kept)


def opened(row: PersonalSignIn) -> str:
    return unseal(bytes(row.sealed_refresh_token), **place_of_refresh_token(row)).reveal().decode()


def origin() -> bytes:
    """Return the key that fingerprints come from."""
    row = PurposeKey.objects.get()
    return unseal(bytes(row.sealed_key), **PurposeKey.sealed_key.field.place(row)).reveal()
