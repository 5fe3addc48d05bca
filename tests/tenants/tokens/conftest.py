import pytest

from tenants.microsoft.environments import ENVIRONMENTS
from tenants.microsoft.http import LoginHttp
from tenants.tokens.app_only import AppOnlyTokens
from tenants.tokens.applications import Application, Certificate, MsalApplications
from tests.tenants.tokens.login_stub import LoginStub, make_certificate


@pytest.fixture(scope="session")
def certificate() -> Certificate:
    return make_certificate()


@pytest.fixture
def login(certificate: Certificate) -> LoginStub:
    return LoginStub(certificate)


@pytest.fixture
def application(certificate: Certificate) -> Application:
    return Application("00000000-1111-4222-8333-444444444444", certificate)


@pytest.fixture
def applications(login: LoginStub) -> MsalApplications:
    return MsalApplications(LoginHttp(transport=login))


@pytest.fixture
def tokens(application: Application, applications: MsalApplications) -> AppOnlyTokens:
    return AppOnlyTokens(ENVIRONMENTS["O365Default"], application, applications)
