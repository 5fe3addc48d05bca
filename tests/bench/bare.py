"""The floor: the same upstream calls from bare threads with httpx, nothing checked, nothing stored.

Standard input: one JSON object with url, ca_file, application_id, key and certificate (PEM), tenants, threads.
Standard output: one JSON object with wall and cpu (seconds) and the number of calls.
"""

import base64
import hashlib
import json
import ssl
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

wanted = json.load(sys.stdin)
context = ssl.create_default_context(cafile=wanted["ca_file"])
loaded = load_pem_private_key(wanted["key"].encode(), None)
assert isinstance(loaded, RSAPrivateKey)
key: RSAPrivateKey = loaded
certificate = x509.load_pem_x509_certificate(wanted["certificate"].encode())
digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
thumbprint = base64.urlsafe_b64encode(digest).decode().rstrip("=")
local = threading.local()


def client() -> httpx.Client:
    if not hasattr(local, "client"):
        local.client = httpx.Client(
            verify=context, trust_env=False, timeout=60, limits=httpx.Limits(keepalive_expiry=60)
        )
    found: httpx.Client = local.client
    return found


def send(method: str, url: str, **options: Any) -> Any:
    response = client().request(method, url, **options)
    if response.is_redirect:
        response = client().request(method, response.headers["Location"], **options)
    return response.raise_for_status().json()


def run(tenant: str) -> None:
    url = wanted["url"]
    client().cookies.clear()
    discovery = send("GET", f"{url}/{tenant}/v2.0/.well-known/openid-configuration")
    now = int(time.time())
    claims = {
        "aud": discovery["token_endpoint"],
        "iss": wanted["application_id"],
        "sub": wanted["application_id"],
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "exp": now + 600,
    }
    assertion = jwt.encode(claims, key, algorithm="PS256", headers={"x5t#S256": thumbprint})
    form = {
        "client_id": wanted["application_id"],
        "grant_type": "client_credentials",
        "scope": "https://outlook.office365.com/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    token = send("POST", discovery["token_endpoint"], data=form)["access_token"]
    headers = {
        "Authorization": f"Bearer {token}",
        "X-AnchorMailbox": f"APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{tenant}",
        "Accept": "application/json",
    }
    module = {**headers, "CommandName": "Get-AcceptedDomain"}
    send("GET", f"{url}/AdminApi/v1.0/{tenant}/EXOModuleFile?Version=3.9.2", headers=module)
    body = {"CmdletInput": {"CmdletName": "Get-AcceptedDomain", "Parameters": {}}}
    send("POST", f"{url}/adminapi/beta/{tenant}/InvokeCommand", headers=headers, json=body)


began, cpu = time.monotonic(), time.process_time()
with ThreadPoolExecutor(wanted["threads"]) as pool:
    list(pool.map(run, wanted["tenants"]))
print(
    json.dumps(
        {"wall": time.monotonic() - began, "cpu": time.process_time() - cpu, "calls": 4 * len(wanted["tenants"])}
    )
)
