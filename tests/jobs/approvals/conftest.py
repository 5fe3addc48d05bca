"""What tests of approvals share."""

import pytest

from tenants.organizations.models import Organization
from tests.factories import make_app_registration, make_organizations


@pytest.fixture
def places(db: None) -> list[Organization]:
    return make_organizations(3, partner=make_app_registration().partner)
