"""Settings that every installation shares."""

from pathlib import Path

from csp.constants import NONE, SELF

from portal.settings import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent

SECRET_KEY = env.secret("SECRET_KEY")
# Root keys, which wrap the data key of every stored secret: where new secrets are sealed (file, azure or transit), and
# every place that opens them. A key in the environment itself is for tests and tools only.
ROOT_KEYS = env.text("ROOT_KEYS", "file")
ENCRYPTION_KEY_FILES = env.names("ENCRYPTION_KEY_FILE")
ENCRYPTION_KEY = "" if ENCRYPTION_KEY_FILES else env.text("ENCRYPTION_KEY", "")
AZURE_KEY_VAULT = {
    "url": env.text("AZURE_KEY_VAULT_URL", ""),
    "key": env.text("AZURE_KEY_VAULT_KEY", ""),
    "tenant_id": env.text("AZURE_KEY_VAULT_TENANT_ID", ""),
    "client_id": env.text("AZURE_KEY_VAULT_CLIENT_ID", ""),
    "client_secret_file": env.text("AZURE_KEY_VAULT_CLIENT_SECRET_FILE", ""),
    "login_url": env.text("AZURE_KEY_VAULT_LOGIN_URL", "https://login.microsoftonline.com"),
    "ca_file": env.text("ROOT_KEYS_CA_FILE", ""),
}
VAULT_TRANSIT = {
    "url": env.text("VAULT_URL", ""),
    "mount": env.text("VAULT_TRANSIT_MOUNT", "transit"),
    "key": env.text("VAULT_TRANSIT_KEY", "signalbox"),
    "token_file": env.text("VAULT_TOKEN_FILE", ""),
    "namespace": env.text("VAULT_NAMESPACE", ""),
    "ca_file": env.text("ROOT_KEYS_CA_FILE", ""),
}
DEBUG = False
STYLEGUIDE = False
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "django_filters",
    "django_htmx",
    "django_include_bootstrap",
    "django_rq",
    "heroicons",
    "template_partials",
    "portal.core",
    "portal.accounts",
    "portal.audit",
    "portal.exports",
    "portal.key_rotation",
    "tenants",
    "jobs",
]

MIDDLEWARE = [
    # These three stand outside of all that answer themselves: files, redirects to HTTPS, refusals.
    "portal.core.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.accounts.web.middleware.SessionFollowingMiddleware",
    "portal.accounts.web.middleware.PermissionRefusedMiddleware",
    "portal.core.body_limit.BodyLimitMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.core.context.shell",
                "portal.accounts.web.shell.context",
                "portal.dashboard.frame.context",
            ],
        },
    }
]
FORM_RENDERER = "portal.core.forms.BootstrapRenderer"

DATABASES = {"default": env.database(env.url("DATABASE_URL"), pool_size=env.integer("DATABASE_POOL_SIZE", 12))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "display_name", "email"]},
    },
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "home"
SESSION_ENGINE = "portal.accounts.sessions.store"
SESSION_COOKIE_AGE = 12 * 3600  # at the latest, however much it is used
SESSION_IDLE_SECONDS = env.integer("SESSION_IDLE_SECONDS", 15 * 60)
TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0)  # proxies of ours before the web server, exactly
# Notices of runs that wait for approval: mail to who may approve them, and one webhook, signed with the key.
PORTAL_URL = env.text("PORTAL_URL", "http://127.0.0.1:8000")
EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_PORT = env.integer("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD") if EMAIL_HOST_USER else ""
EMAIL_USE_TLS = env.text("EMAIL_TLS", "yes") == "yes"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "signalbox@localhost")
APPROVAL_WEBHOOK_URL = env.text("APPROVAL_WEBHOOK_URL", "")
APPROVAL_WEBHOOK_KEY = env.secret("APPROVAL_WEBHOOK_KEY") if APPROVAL_WEBHOOK_URL else ""
STEP_UP_SECONDS = env.integer("STEP_UP_SECONDS", 300)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT: Path | None = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
MOST_BODY_BYTES = 6_000_000
MOST_UPLOAD_BYTES = 25_000_000  # with files: the form itself says of one that is merely too large what is wrong
DATA_UPLOAD_MAX_NUMBER_FILES = 5
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["default"],  # the one in templates/static/js/trusted-types.js
        "report-to": "violations",
        "report-uri": "/violation-reports/",
    }
}
VIOLATION_REPORTS_PER_MINUTE = 60  # what one process logs of them
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)",
    "Reporting-Endpoints": 'violations="/violation-reports/"',
}

# Microsoft's clouds, by environment: O365DEFAULT_LOGIN_URL, O365CHINA_EXCHANGE_URL … An empty address means the
# published one; none follows from another. O365DEFAULT_REDIRECT_HOSTS … name hosts that may be redirected to besides.
ENVIRONMENTS = ("O365Default", "O365USGovGCCHigh", "O365USGovDoD", "O365China", "O365GermanyCloud")
ADDRESSES = ("login_url", "graph_url", "partner_center_url", "exchange_url", "compliance_url")
MICROSOFT_BASE_URLS = {
    name: {address: env.text(f"{name}_{address}".upper(), "") for address in ADDRESSES} for name in ENVIRONMENTS
}
EXCHANGE_REDIRECT_HOSTS = {name: env.names(f"{name}_REDIRECT_HOSTS".upper()) for name in ENVIRONMENTS}
# Hosts besides Microsoft's that this installation may connect to, as a key vault's: `host`, `host:port` or `.suffix`.
EGRESS_HOSTS = env.names("EGRESS_HOSTS")
# Where a machine in Azure asks for the tokens of its managed identity; msal reads the same variables.
MANAGED_IDENTITY_URLS = [
    "http://169.254.169.254",
    "http://localhost:40342",
    *(
        env.text(name, "")
        for name in ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST")
    ),
]
MICROSOFT_CA_FILE = env.text("MICROSOFT_CA_FILE", "")

SWEEP_SECONDS = env.integer("SWEEP_SECONDS", 15)
CANARY_SECONDS = env.integer("CANARY_SECONDS", 15)

# The broker is a doorbell: the database owns the work, so losing every message loses nothing.
REDIS_URL = env.url("REDIS_URL")
RQ_QUEUES = {"exports": {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 3600}}
RQ = {"DEFAULT_RESULT_TTL": 0, "WORKER_CLASS": "portal.exports.worker.YieldingWorker"}
CELERY = {
    "broker_url": REDIS_URL,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,  # Celery's 100 ended every worker after 50 minutes without a broker
    "broker_transport_options": {
        "visibility_timeout": 4 * 3600,
        "max_connections": 300,
        "socket_connect_timeout": 3,
        "socket_timeout": 15,  # a broker that takes a connection and never answers must not hold anybody
        "max_retries": 1,  # a ring that fails is rung again by the sweeper: nobody waits 6 s for a broker that is away
        "interval_start": 0,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "unacked_restore_limit": 500,
    },
    "result_backend": None,
    "task_ignore_result": True,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_default_queue": "system",
    "task_routes": {
        "jobs.dispatch.work": {"queue": "bulk"},
        "jobs.dispatch.run_target": {"queue": "bulk"},
        "jobs.dispatch.start_run": {"queue": "interactive"},
    },
    "worker_prefetch_multiplier": 1,
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "worker_soft_shutdown_timeout": 5.0,
    "worker_cancel_long_running_tasks_on_connection_loss": False,  # the lease decides, not the broker's connection
    "accept_content": ["json"],
    "task_serializer": "json",
    "timezone": "UTC",
    "beat_schedule": {
        "sweep": {
            "task": "jobs.dispatch.sweep",
            "schedule": float(SWEEP_SECONDS),
            "options": {"expires": 60},
        },
        "canaries": {"task": "jobs.dispatch.send_canaries", "schedule": float(CANARY_SECONDS)},
        "reconcile": {
            "task": "jobs.reconciliation.reconcile",
            "schedule": float(SWEEP_SECONDS),
            "options": {"expires": 60},
        },
        "warn-of-expiries": {
            "task": "tenants.expiry.warn",
            "schedule": float(env.integer("EXPIRY_SECONDS", 3600)),
            "options": {"expires": 600},
        },
    },
}

# The execution engine.
LEASE_SECONDS = env.integer("LEASE_SECONDS", 30)
MAX_ATTEMPTS = env.integer("MAX_ATTEMPTS", 5)
RETRY_BASE_SECONDS = env.integer("RETRY_BASE_SECONDS", 2)
ORGANIZATION_READS = env.integer("ORGANIZATION_READS", 3)  # at most so many in flight in one organization
ORGANIZATION_WRITES = env.integer("ORGANIZATION_WRITES", 1)
IDENTITY_IN_FLIGHT = env.integer("IDENTITY_IN_FLIGHT", 500)
MOST_IN_FLIGHT = env.integer("MOST_IN_FLIGHT", 1000)
MOST_RINGS = env.integer("MOST_RINGS", 300)
RECONCILE_FIRST_SECONDS = env.integer("RECONCILE_FIRST_SECONDS", 20)
# As long as a call whose answer was lost may still go on: Exchange ends a REST call after 15 minutes.
RECONCILE_SETTLE_SECONDS = env.integer("RECONCILE_SETTLE_SECONDS", 900)
TARGET_DEADLINE_SECONDS = env.integer("TARGET_DEADLINE_SECONDS", 3600)
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / ".data")))
EXPORT_DIR = Path(env.text("EXPORT_DIR", str(DATA_DIR / "exports")))

LOGGING_CONFIG = None
