"""Where a secret belongs: what its ciphertext is bound to, in one canonical encoding."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

Purpose = Literal["credential", "cmdlet parameter", "sign-in under way", "second factor", "purpose key"]
"""What a secret is for; one that was sealed for another purpose does not open."""

_ABSENT = b"\xff\xff\xff\xff"


class Place(TypedDict):
    """The only place at which a sealed secret opens.

    `row` is what identifies the row, `organization` the tenant id of whom the secret belongs to, `version` tells one
    credential of a row from the next; whatever has no organization or version leaves it out.
    """

    table: str
    column: str
    row: object
    purpose: NotRequired[Purpose]
    organization: NotRequired[object]
    version: NotRequired[object]


def canonical(parts: Sequence[bytes | str | None]) -> bytes:
    """Return parts one after the other, each behind its length in 4 bytes: no two lists have the same encoding."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(_ABSENT if part is None else len(part).to_bytes(4, "big") + part for part in encoded)


def associated_data(header: bytes, key_id: str, place: Place) -> bytes:
    """Return what a ciphertext is bound to; `header` is the schema version and the algorithm."""
    organization, version = place.get("organization"), place.get("version")
    return canonical(
        [
            b"signalbox secret",
            header,
            place.get("purpose", "credential"),
            place["table"],
            place["column"],
            str(place["row"]),
            None if organization is None else str(organization),
            None if version is None else str(version),
            key_id,
        ]
    )


def associated_data_of_version_1(place: Place) -> bytes:
    """Return what a ciphertext of the first format is bound to."""
    return canonical([place["table"], place["column"], str(place["row"])])
