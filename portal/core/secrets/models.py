"""The secret that keyed fingerprints come from: made once, sealed like any other."""

from django.db import models

from portal.core.secrets.fields import SealedField
from portal.core.secrets.places import Place


def _place(row: "PurposeKey") -> Place:
    return {"table": "purpose_key", "column": "sealed_key", "row": row.name, "purpose": "purpose key"}


class PurposeKey(models.Model):
    """32 random bytes that keys for single purposes are derived from.

    They outlive every root key: what was fingerprinted before a rotation has the same fingerprint after it.
    """

    name = models.CharField(primary_key=True, max_length=40)
    sealed_key = SealedField(place=_place)

    class Meta:
        db_table = "purpose_key"

    def __str__(self) -> str:
        return self.name
