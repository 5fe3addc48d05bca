"""One thing at a time for one person: two clicks must not store two sign-ins."""

from django.db import connection


def lock_person(person_id: str) -> None:
    """Wait until nobody else stores a sign-in of this person, and let nobody until the present transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('personal sign-in'), hashtext(%s))", [person_id])
