"""What a schema cannot say: values that only this server knows, and how one field depends on another.

Each function says which rule it stands for. Whatever is generated otherwise is sent as it is.
"""

import json
import os
import urllib.request
from datetime import datetime, timedelta, timezone

import schemathesis

UTC = timezone.utc
API = os.environ["API_URL"]
KNOWN = {
    # Unknown names are 400 although they are texts like others.
    "provider": "stability",
    "model": "stability/core",
    "aspect_ratio": "1:1",
    "style_preset": "anime",
}
# A new one must not be common, nor the name of its user.
NEW_PASSWORDS = {"register": {"password"}, "change_password": {"new"}}
PASSWORD = "correct-horse-battery-staple"


def sign_in(email, password):
    body = json.dumps({"email": email, "password": password}).encode()
    request = urllib.request.Request(
        f"{API}/api/auth/login", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)["access_token"]


@schemathesis.auth(refresh_interval=300)
class Admin:
    """An admin may call everything."""

    def get(self, case, context):
        return sign_in(os.environ["ADMIN_EMAIL"], os.environ["ADMIN_PASSWORD"])

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


TAKES_A_TOKEN_OR_GIVES_ONE = {"login", "logout", "refresh_session", "register"}
ENDS_SESSIONS = {"logout_everywhere", "change_password", "end_session"}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Calls what ends sessions as somebody who has no other work, and mends what only looks valid."""
    operation = case.operation.definition.raw.get("operationId")
    # Only in place of the admin's: a check also tries what is no token at all.
    if operation in ENDS_SESSIONS and (case.headers or {}).get("Authorization", "").startswith("Bearer eyJ"):
        token = sign_in(os.environ["USER_EMAIL"], os.environ["USER_PASSWORD"])
        case.headers["Authorization"] = f"Bearer {token}"
    if case.meta is None or case.meta.generation.mode.is_positive:
        known_only(operation, case.body)
        preview_first(operation, case.body)
        one_way(case)
        one_place(case)


def known_only(operation, body):
    """Names that only the server knows are texts like others, and unknown ones are refused."""
    if isinstance(body, dict):
        for name, known in KNOWN.items():
            if name in body:
                body[name] = known
        for name in NEW_PASSWORDS.get(operation, set()) & body.keys():
            body[name] = PASSWORD


def preview_first(operation, body):
    """What is done to many jobs takes the token that a preview of it handed out, which is opaque."""
    if operation == "admin_change_jobs" and isinstance(body, dict):
        body["preview"] = True
        # Only parked tasks can be settled again.
        if body.get("action") == "retry" and isinstance(body.get("filter"), dict):
            body["filter"]["state"] = "parked"
        body.pop("token", None)


def one_way(case):
    """A cursor is opaque: a list takes those that it handed out. A period does not run backwards, and is bounded."""
    query = case.query
    if not query:
        return
    query.pop("cursor", None)
    if "from" in query:
        query.pop("to", None)
    if "stat" in case.path.rsplit("/", 1)[-1]:
        query.pop("to", None)
        if "from" in query:
            query["from"] = (datetime.now(UTC) - timedelta(days=1)).isoformat()


def one_place(case):
    """A refresh token travels in the body, or in the cookie that a header announces; a browser sends that."""
    if case.operation.definition.raw.get("operationId") in TAKES_A_TOKEN_OR_GIVES_ONE:
        if case.headers:
            case.headers.pop("X-Aether-Session", None)
        if not isinstance(case.body, dict):
            case.body = {"refresh_token": "none that was ever issued"}
            case.media_type = "application/json"
