"""What is done to people's accounts."""

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from portal.accounts.models import RoleAssignment, User
from portal.accounts.policy import Role
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor


@transaction.atomic
def create_person(*, actor: Actor, username: str, display_name: str, password: str, roles: list[Role]) -> User:
    """Create a person who can sign in, with `roles`; raises `ValidationError` for a weak password."""
    user = User(username=username, display_name=display_name)
    validate_password(password, user)
    user.set_password(password)
    user.save()
    person = Object("person", str(user.pk), display_name)
    record(AuditAction.PERSON_CREATED, actor=actor, target=person, data={"username": username})
    for role in roles:
        RoleAssignment.objects.create(user=user, role=role, granted_by=actor.label)
        record(AuditAction.ROLE_GRANTED, actor=actor, target=person, data={"role": role.value})
    return user
