"""Re-exports every model for Django; import them from their topics."""

from tenants.app_registrations.models import AppRegistration, Certificate
from tenants.capabilities.models import Capabilities, CmdletSet
from tenants.consents.models import Consent, ConsentChange
from tenants.expiry.models import ExpiryWarning
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.partner.models import Partner, PartnerSignIn
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.relationships.models import (
    AccessAssignment,
    DelegatedAdminRelationship,
    RelationshipChange,
    RelationshipVersion,
    ResellerRelationship,
)
from tenants.sign_ins.models import PendingSignIn, PersonalSignIn
from tenants.sync.models import Synchronization
from tenants.variables.models import OrganizationVariable

__all__ = [
    "AccessAssignment",
    "AppRegistration",
    "Capabilities",
    "Certificate",
    "CmdletSet",
    "ConnectionProfile",
    "Consent",
    "ConsentChange",
    "DelegatedAdminRelationship",
    "ExpiryWarning",
    "Organization",
    "OrganizationGroup",
    "OrganizationVariable",
    "Partner",
    "PartnerSignIn",
    "PendingSignIn",
    "PersonalSignIn",
    "ProfileAssignment",
    "RelationshipChange",
    "RelationshipVersion",
    "ResellerRelationship",
    "Synchronization",
]
