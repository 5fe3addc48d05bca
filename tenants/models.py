"""Re-exports every model for Django; import them from their topics."""

from tenants.app_registrations.models import AppRegistration, Certificate
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.partner.models import Partner, PartnerSignIn
from tenants.relationships.models import AccessAssignment, DelegatedAdminRelationship, ResellerRelationship
from tenants.sync.models import Synchronization

__all__ = [
    "AccessAssignment",
    "AppRegistration",
    "Certificate",
    "DelegatedAdminRelationship",
    "Organization",
    "OrganizationGroup",
    "Partner",
    "PartnerSignIn",
    "ResellerRelationship",
    "Synchronization",
]
