"""Microsoft Graph, asked live: a real server on this machine that answers as Microsoft documents.

The answers are those of the reference pages (learn.microsoft.com/graph/api), with invented names.
"""

from __future__ import annotations

import ast
import itertools
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec
import pytest
from answering import serving
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tocsin.app.collecting.graph import CLOUDS
from tocsin.collect import graph_api, graph_asking, graph_objects, graph_sign_in, web_api
from tocsin.collect.graph_api import KINDS, graph
from tocsin.collect.graph_asking import questions
from tocsin.collect.graph_sign_in import SignIn, sign_in_from, token
from tocsin.collect.web_api import ApiKey, ApiSettings
from tocsin.formats import Reading
from tocsin.formats import evidence as evidence_format
from tocsin.model.evidence import Evidence, Inquiry, Setting
from tocsin.model.finding import Gap
from tocsin.model.text import Sentence

TOKEN = "eyJ0eXAiOiJKV1QiThatNobodyMaySee"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
TENANT = "0626ac82-7d72-41c7-9e9b-720b276e98f2"
EXCHANGE, DEDICATED, MAILER = (f"{n}0000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
APP, MAILER_APP = (f"a0000000-0000-4000-8000-00000000000{n}" for n in (2, 3))
APPLICATION, ROLE = (f"b0000000-0000-4000-8000-00000000000{n}" for n in (2, 4))
FULL_ACCESS = "dc890d15-9560-4a4c-9b7f-a736ec74ec40"
THUMBPRINT = "52ED9B5038A47B9E2E2190715CC238359D4F8F73"
THUMBPRINT_BASE64 = "Uu2bUDike54uIZBxXMI4NZ1Pj3M="

KEY = {
    "customKeyIdentifier": THUMBPRINT_BASE64,
    "displayName": "CN=Microsoft Exchange Server Auth Certificate",
    "endDateTime": "2029-11-06T21:31:31Z",
    "key": "MIIDYDCCAki-whatever-it-is-it-is-not-kept",
    "keyId": "5c3d2d0e-9f33-4e45-b0c8-2d6a1ef3d0a1",
    "startDateTime": "2024-11-06T21:31:31.4420000Z",
    "type": "AsymmetricX509Cert",
    "usage": "Verify",
}
SECRET = {
    "customKeyIdentifier": None,
    "displayName": "for the script",
    "endDateTime": "2027-01-01T00:00:00Z",
    "hint": "Xx9",
    "keyId": "6c3d2d0e-9f33-4e45-b0c8-2d6a1ef3d0a1",
    "secretText": "never-sent-and-never-kept",
    "startDateTime": "2026-01-01T00:00:00Z",
}


def principal(identifier: str, app: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals/$entity",
        "id": identifier,
        "appId": app,
        "displayName": name,
        "servicePrincipalType": "Application",
        "appOwnerOrganizationId": TENANT,
        "accountEnabled": True,
        "keyCredentials": [],
        "passwordCredentials": [],
        **more,
    }


def assignment(holder: str, name: str, role: str = FULL_ACCESS, at: str = EXCHANGE) -> Any:
    return {
        "id": "qKu0sBRMvkGWR3yt8Qqrgg",
        "appRoleId": role,
        "createdDateTime": "2026-03-04T05:06:07.8910111Z",
        "deletedDateTime": None,
        "principalDisplayName": name,
        "principalId": holder,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": "Office 365 Exchange Online",
        "resourceId": at,
    }


def listed(*things: Any, following: str = "") -> dict[str, Any]:
    link = {"@odata.nextLink": following} if following else {}
    return {"@odata.context": "…", **link, "value": list(things)}


ANSWERS: dict[str, Any] = {
    "/v1.0/organization": listed(
        {
            "id": TENANT,
            "displayName": "Contoso",
            "onPremisesSyncEnabled": True,
            "onPremisesLastSyncDateTime": "2026-11-27T11:30:00Z",
            "tenantType": "AAD",
            "verifiedDomains": [{"name": "contoso.com", "isDefault": True}, {"name": "c.example"}],
        }
    ),
    "/v1.0/servicePrincipals(appId='00000002-0000-0ff1-ce00-000000000000')": principal(
        EXCHANGE,
        "00000002-0000-0ff1-ce00-000000000000",
        "Office 365 Exchange Online",
        keyCredentials=[KEY],
    ),
    f"/v1.0/servicePrincipals/{EXCHANGE}/owners": listed(),
    f"/v1.0/servicePrincipals/{EXCHANGE}/appRoleAssignedTo": listed(
        assignment(DEDICATED, f"ExchangeServerApp-{TENANT}"), assignment(MAILER, "Mailer")
    ),
    "/v1.0/servicePrincipals": listed(
        {"id": DEDICATED, "appId": APP, "displayName": f"ExchangeServerApp-{TENANT}"}
    ),
    f"/v1.0/servicePrincipals/{DEDICATED}": principal(DEDICATED, APP, f"ExchangeServerApp-{TENANT}"),
    f"/v1.0/servicePrincipals/{DEDICATED}/owners": listed(),
    f"/v1.0/servicePrincipals/{DEDICATED}/appRoleAssignments": listed(
        assignment(DEDICATED, f"ExchangeServerApp-{TENANT}"),
        assignment(DEDICATED, f"ExchangeServerApp-{TENANT}", "e2a3a72e-5f79-4c64-b1b1-878b674786c9", MAILER),
    ),
    f"/v1.0/servicePrincipals/{MAILER}": principal(
        MAILER, MAILER_APP, "Mailer", passwordCredentials=[SECRET]
    ),
    f"/v1.0/servicePrincipals/{MAILER}/owners": listed(
        {"@odata.type": "#microsoft.graph.servicePrincipal", "id": DEDICATED, "displayName": "Builder"}
    ),
    f"/v1.0/servicePrincipals/{MAILER}/appRoleAssignments": listed(assignment(MAILER, "Mailer")),
    "/v1.0/applications": listed({"id": APPLICATION, "appId": APP, "displayName": "x"}),
    f"/v1.0/applications(appId='{APP}')": {
        "id": APPLICATION,
        "appId": APP,
        "displayName": f"ExchangeServerApp-{TENANT}",
        "signInAudience": "AzureADMyOrg",
        "createdDateTime": "2025-09-01T08:00:00Z",
        "keyCredentials": [KEY | {"customKeyIdentifier": THUMBPRINT}],
        "passwordCredentials": [],
        "requiredResourceAccess": [
            {
                "resourceAppId": "00000002-0000-0ff1-ce00-000000000000",
                "resourceAccess": [{"id": FULL_ACCESS, "type": "Role"}],
            }
        ],
    },
    f"/v1.0/applications/{APPLICATION}/owners": listed(
        {
            "@odata.type": "#microsoft.graph.user",
            "id": TENANT,
            "displayName": "Ada",
            "userPrincipalName": "ada@contoso.com",
        }
    ),
    "/v1.0/directoryRoles": listed(
        {
            "id": ROLE,
            "displayName": "Global Administrator",
            "roleTemplateId": "62e90394-69f5-4237-9190-012177145e10",
        }
    ),
    f"/v1.0/directoryRoles/{ROLE}/members": listed(
        {
            "@odata.type": "#microsoft.graph.user",
            "id": TENANT,
            "displayName": "Ada",
            "userPrincipalName": "ada@contoso.com",
            "onPremisesSyncEnabled": True,
            "accountEnabled": True,
        },
        {
            "@odata.type": "#microsoft.graph.user",
            "id": TENANT,
            "displayName": "Break glass",
            "userPrincipalName": "breakglass@contoso.onmicrosoft.com",
            "onPremisesSyncEnabled": None,
            "accountEnabled": True,
        },
        {"@odata.type": "#microsoft.graph.group", "id": TENANT, "displayName": "Role group"},
    ),
}  # fmt: skip

NOT_FOUND = {
    "error": {
        "code": "Request_ResourceNotFound",
        "message": "Resource 'x' does not exist or one of its queried reference-property objects are not present.",
        "innerError": {"date": "2026-11-27T12:00:00", "request-id": TENANT},
    }
}
DENIED = {
    "error": {
        "code": "Authorization_RequestDenied",
        "message": "Insufficient privileges to complete the operation.",
        "innerError": {"date": "2026-11-27T12:00:00", "request-id": TENANT},
    }
}
EXPIRED = {"error": {"code": "InvalidAuthenticationToken", "message": "Access token has expired."}}


class Reply(msgspec.Struct):
    body: bytes
    status: int = 200
    headers: dict[str, str] = {}


class Call(msgspec.Struct):
    verb: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    at: float


def reply(value: object, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(json.dumps(value).encode(), status, named)


class Tenant:
    """The server: what it was asked, and what it answers."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.instead: dict[str, Callable[[Call], Reply] | Reply] = {}
        self.url = ""

    def answer(self, call: Call) -> Reply:
        instead = self.instead.get(call.path) or self.instead.get("*")
        if isinstance(instead, Reply):
            return instead
        if instead is not None:
            return instead(call)
        return reply(ANSWERS[call.path]) if call.path in ANSWERS else reply(NOT_FOUND, 404)

    def ask(self, **changed: Any) -> tuple[list[Setting], list[Gap], dict[str, Inquiry]]:
        plain = ApiSettings(base_url=self.url, key=ApiKey(TOKEN), pause=0.0, timeout=5.0)
        return sorted_out(graph(msgspec.structs.replace(plain, **changed), NOW))


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    here = Tenant()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            call = Call(self.command, parts.path, query, dict(self.headers), body, time.monotonic())
            here.calls.append(call)
            given = here.answer(call)
            self.send_response(given.status)
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(given.body)))
            self.end_headers()
            self.wfile.write(given.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    for verb in ("POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{verb}", Handler.do_GET)

    with serving(Handler) as here.url:
        yield here


def sorted_out(
    items: Iterator[Evidence | Gap],
) -> tuple[list[Setting], list[Gap], dict[str, Inquiry]]:
    found = list(items)
    for each in found:
        encoded = evidence_format.encode(each).decode()
        for secret in (TOKEN, KEY["key"], SECRET["secretText"], '"hint"'):
            assert secret not in encoded
    bodies = [each.body for each in found if isinstance(each, Evidence)]
    inquiries = [each for each in bodies if isinstance(each, Inquiry)]
    assert [each.kind for each in inquiries] in ([], list(KINDS))
    return (
        [each for each in bodies if isinstance(each, Setting)],
        [each for each in found if isinstance(each, Gap)],
        {each.kind: each for each in inquiries},
    )


def of(settings: list[Setting], kind: str) -> list[dict[str, Any]]:
    return [each.properties for each in settings if each.kind == kind]


def test_what_a_tenant_says(tenant: Tenant):
    settings, gaps, inquiries = tenant.ask()
    assert gaps == []
    assert {kind: (each.found, each.fault) for kind, each in inquiries.items()} == {
        "Tenant": (1, ""),
        "ServicePrincipal": (3, ""),
        "AppRoleAssignment": (3, ""),
        "Application": (1, ""),
        "AppOwner": (1, ""),
        "DirectoryRoleMember": (3, ""),
    }
    assert {each.side for each in settings} == {"entra"}
    (organisation,) = of(settings, "Tenant")
    assert organisation["onPremisesSyncEnabled"] is True
    assert organisation["verifiedDomains"] == ["contoso.com", "c.example"]
    exchange, dedicated, mailer = of(settings, "ServicePrincipal")
    assert exchange["appId"] == "00000002-0000-0ff1-ce00-000000000000"
    assert exchange["keyCredentials"] == [
        {
            "customKeyIdentifier": THUMBPRINT,
            "keyId": KEY["keyId"],
            "displayName": KEY["displayName"],
            "startDateTime": "2024-11-06T21:31:31Z",
            "endDateTime": "2029-11-06T21:31:31Z",
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
        }
    ]
    assert dedicated["keyCredentials"] == []
    assert mailer["owners"] == ["Builder"]
    assert [each["displayName"] for each in mailer["passwordCredentials"]] == ["for the script"]
    roles = of(settings, "AppRoleAssignment")
    assert [(r["principalId"], r["appRoleId"], r["resourceId"]) for r in roles] == [
        (DEDICATED, FULL_ACCESS, EXCHANGE),
        (MAILER, FULL_ACCESS, EXCHANGE),
        (DEDICATED, "e2a3a72e-5f79-4c64-b1b1-878b674786c9", MAILER),
    ]
    (application,) = of(settings, "Application")
    assert application["keyCredentials"][0]["customKeyIdentifier"] == THUMBPRINT
    assert application["requiredResourceAccess"][0]["resourceAccess"][0]["id"] == FULL_ACCESS
    assert of(settings, "AppOwner") == [{"AppId": APP, "UserPrincipalName": "ada@contoso.com"}]
    ada, glass, group = of(settings, "DirectoryRoleMember")
    assert (ada["Role"], ada["onPremisesSyncEnabled"]) == ("Global Administrator", True)
    assert glass["onPremisesSyncEnabled"] is None
    # Graph leaves it out of a group: not collected, and not false.
    assert "onPremisesSyncEnabled" not in group
    assert group["MemberType"] == "group"


def test_nothing_but_get_and_only_paths_of_the_list(tenant: Tenant):
    tenant.ask()
    assert {each.verb for each in tenant.calls} == {"GET"}
    for call in tenant.calls:
        assert any(graph_asking.allowed(call.path, each) for each in questions().values())
        assert set(call.query) <= {"$select", "$filter"}
        assert call.headers["Authorization"] == f"bearer {TOKEN}"
        assert TOKEN not in call.path
        assert not call.body
    keys = [each for each in tenant.calls if "keyCredentials" in each.query.get("$select", "")]
    assert len(keys) >= 4


def test_evidence_says_where_it_was_seen_and_is_a_file_like_any_other(
    tenant: Tenant, tmp_path: Path
):
    settings = ApiSettings(base_url=tenant.url, key=ApiKey(TOKEN), pause=0.0)
    found = list(graph(settings, NOW))
    file = tmp_path / "graph.evidence"
    lines = [msgspec.json.encode(evidence_format.Head()), *map(evidence_format.encode, found)]
    file.write_bytes(b"\n".join(lines) + b"\n")
    with file.open("rb") as stream:
        assert list(evidence_format.read(stream, found[0].at, Reading())) == found
    ada = next(e for e in found if isinstance(e, Evidence) and "Ada" in str(e.body))
    assert ada.at.source == f"{tenant.url}/v1.0/directoryRoles/{ROLE}/members"
    assert ada.at.position == "value 1"
    assert len(ada.at.sha256) == 64
    assert ada.seen == NOW


def sources() -> list[Path]:
    package = Path(graph_api.__file__).parent
    return [*package.glob("graph_*.py"), package / "web_api.py"]


def test_only_one_line_of_code_sends():
    """A verb other than GET, or another sender, would have to be written: it is not."""
    verbs = {
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "request",
        "stream",
        "send",
        "head",
        "options",
    }
    calls = []
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name, owner = node.func.attr, ast.unparse(node.func.value)
                if name in verbs and "lient" in owner:
                    first = ast.unparse(node.args[0]) if node.args else ""
                    calls.append((file.name, name, first))
    assert sorted(calls) == [
        ("graph_sign_in.py", "get", "self._checked(url)"),
        ("graph_sign_in.py", "post", "self._checked(url)"),
        ("web_api.py", "stream", "'GET'"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/v1.0/users",
        "/v1.0/servicePrincipals/x",
        f"/v1.0/servicePrincipals/{EXCHANGE}/",
        f"/v1.0/servicePrincipals/{EXCHANGE}/addKey",
        f"/v1.0/servicePrincipals/{EXCHANGE}/../users",
        f"/v1.0/servicePrincipals/{EXCHANGE}/owners/$ref",
        f"/beta/servicePrincipals/{EXCHANGE}",
        "/v1.0//organization",
        "/v1.0/organization\n",
        "/v1.0/servicePrincipals(appId='00000002-0000-0ff1-ce00-000000000001')",
        f"/v1.0/applications(appId='{APP}' or 1)",
        "/v1.0/$batch",
    ],
)
def test_no_other_path_is_on_the_list(path: str):
    assert not any(graph_asking.allowed(path, each) for each in questions().values())


def test_the_list_names_no_secret_and_asks_for_no_right_to_write():
    for each in questions().values():
        assert "ReadWrite" not in each.permission
        assert ".Read" in each.permission
        assert not {"key", "secretText"} & set(each.select)
    assert all(".Read." in each for each in graph_sign_in.DELEGATED)


def test_pages_are_followed_on_the_same_host_and_path(tenant: Tenant):
    path = f"/v1.0/directoryRoles/{ROLE}/members"
    people = [
        {"id": TENANT, "userPrincipalName": f"p{n}@contoso.com", "onPremisesSyncEnabled": True}
        for n in range(7)
    ]

    def answer(call: Call) -> Reply:
        at = int(call.query.get("$skiptoken", "0"))
        more = f"{tenant.url}{path}?$select=id&$skiptoken={at + 1}" if at < 6 else ""
        return reply(listed(people[at], following=more))

    tenant.instead[path] = answer
    settings, gaps, inquiries = tenant.ask()
    assert gaps == []
    names = [each["UserPrincipalName"] for each in of(settings, "DirectoryRoleMember")]
    assert names == [f"p{n}@contoso.com" for n in range(7)]
    assert inquiries["DirectoryRoleMember"].found == 7


@pytest.mark.parametrize(
    "following",
    [
        "https://graph.microsoft.com.evil.example/v1.0/directoryRoles?$skiptoken=1",
        "https://evil.example/v1.0/directoryRoles",
        "{url}@evil.example/v1.0/directoryRoles",
        "{url}/v1.0/users?$skiptoken=1",
        "{url}/v1.0/directoryRoles/../users",
        "{url}/beta/directoryRoles",
        "{url}:1/v1.0/directoryRoles",
        "/v1.0/directoryRoles?$skiptoken=1",
        "http://[::1/x",
        "file:///etc/passwd",
    ],
)
def test_a_next_page_elsewhere_is_told_and_not_followed(tenant: Tenant, following: str):
    first = ANSWERS["/v1.0/directoryRoles"]["value"][0]
    link = following.replace("{url}", tenant.url)
    tenant.instead["/v1.0/directoryRoles"] = reply(listed(first, following=link))
    settings, gaps, inquiries = tenant.ask()
    assert [str(each.why) for each in gaps] == [
        "the answer names another place for its next page, not followed"
    ]
    # What the first page said is kept, and nobody claims that it was all.
    assert len(of(settings, "DirectoryRoleMember")) == 3
    assert inquiries["DirectoryRoleMember"].fault
    assert len([c for c in tenant.calls if c.path == "/v1.0/directoryRoles"]) == 1


def test_pages_that_go_round_in_a_circle_end(tenant: Tenant):
    path = "/v1.0/organization"
    same = f"{tenant.url}{path}?$skiptoken=again"
    tenant.instead[path] = reply(listed(following=same))
    _, gaps, inquiries = tenant.ask()
    assert len([c for c in tenant.calls if c.path == path]) == 2
    assert len(gaps) == 1
    assert inquiries["Tenant"].fault


def test_pages_without_end_end_at_the_limit(tenant: Tenant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(graph_asking, "PAGES_LIMIT", 5)
    path, count = "/v1.0/organization", itertools.count(1)
    tenant.instead[path] = lambda _: reply(
        listed({"id": TENANT}, following=f"{tenant.url}{path}?$skiptoken={next(count)}")
    )
    settings, gaps, inquiries = tenant.ask()
    assert [(each.kind, str(each.why)) for each in gaps] == [
        ("limit", "more than 5 pages; the rest was not read")
    ]
    assert len(of(settings, "Tenant")) == 5
    assert inquiries["Tenant"].fault


def test_a_busy_graph_is_waited_for_as_long_as_it_says(tenant: Tenant):
    waiting = [reply({"error": {"code": "TooManyRequests"}}, 429, Retry_After="1")]
    path = "/v1.0/organization"
    tenant.instead[path] = lambda _: waiting.pop() if waiting else reply(ANSWERS[path])
    settings, gaps, _ = tenant.ask()
    assert (len(of(settings, "Tenant")), gaps) == (1, [])
    first, second = [each.at for each in tenant.calls if each.path == path]
    assert second - first >= 1.0


def test_too_long_a_wait_ends_the_questions(tenant: Tenant):
    tenant.instead["*"] = reply({}, 429, Retry_After="3600")
    settings, gaps, inquiries = tenant.ask()
    assert (settings, len(gaps), len(tenant.calls)) == ([], 1, 1)
    assert "3600" in str(gaps[0].why)
    assert all(each.fault for each in inquiries.values())


def test_a_missing_permission_is_named_and_costs_nothing_else(tenant: Tenant):
    tenant.instead["/v1.0/directoryRoles"] = reply(DENIED, 403)
    settings, gaps, inquiries = tenant.ask()
    (gap,) = gaps
    assert "RoleManagement.Read.Directory" in str(gap.why)
    assert "Insufficient privileges to complete the operation." in str(gap.why)
    assert gap.kind == "not-collected"
    assert inquiries["DirectoryRoleMember"].fault == str(gap.why)
    assert len(of(settings, "ServicePrincipal")) == 3
    assert not any(each.fault for kind, each in inquiries.items() if kind != "DirectoryRoleMember")


def test_owners_that_may_not_be_read_are_not_none(tenant: Tenant):
    tenant.instead[f"/v1.0/applications/{APPLICATION}/owners"] = reply(DENIED, 403)
    settings, gaps, inquiries = tenant.ask()
    assert len(gaps) == 1
    assert "owners" not in of(settings, "Application")[0]
    assert inquiries["AppOwner"].fault
    assert not inquiries["Application"].fault


def test_a_token_that_is_refused_ends_the_questions(tenant: Tenant):
    tenant.instead["*"] = reply(EXPIRED, 401)
    settings, gaps, inquiries = tenant.ask()
    assert (settings, len(gaps), len(tenant.calls)) == ([], 1, 1)
    assert "Access token has expired." in str(gaps[0].why)
    assert all(each.fault for each in inquiries.values())


def test_a_tenant_without_exchange_online(tenant: Tenant):
    for path in ANSWERS:
        if path.startswith(("/v1.0/servicePrincipals", "/v1.0/applications")):
            tenant.instead[path] = reply(listed()) if path.endswith("s") else reply(NOT_FOUND, 404)
    settings, gaps, inquiries = tenant.ask()
    assert gaps == []
    assert (of(settings, "ServicePrincipal"), inquiries["ServicePrincipal"].found) == ([], 0)
    assert inquiries["ServicePrincipal"].fault == ""


@pytest.mark.parametrize(
    "given",
    [
        Reply(b""),
        Reply(b"<html>proxy</html>"),
        Reply(b"<html>not found</html>", 404),
        Reply(b"null"),
        Reply(b"[]"),
        Reply(b'{"value": {}}'),
        Reply(b'{"value": [1, "x"]}'),
        Reply(b"\xff\xfe"),
        Reply(b"[" * 100_000),
        reply({"value": []}, 302, Location="https://evil.example/"),
        reply({"error": {"code": 7, "message": None}}, 400),
        reply({"error": "text"}, 418),
    ],
    ids=lambda given: str(given.body[:20]),
)
def test_what_is_no_answer_is_a_gap_and_no_inquiry_without_fault(tenant: Tenant, given: Reply):
    tenant.instead["*"] = given
    settings, gaps, inquiries = tenant.ask()
    assert settings == []
    assert gaps
    assert all(each.fault and not each.found for each in inquiries.values())
    assert {urlsplit(tenant.url).netloc} == {each.headers["Host"] for each in tenant.calls}


@pytest.mark.parametrize(
    "wild", [{}, {"id": 5}, {"id": None, "displayName": [1]}, {"id": "../users"}]
)
def test_objects_of_wrong_types_are_taken_as_they_are(tenant: Tenant, wild: dict[str, Any]):
    tenant.instead["*"] = reply({**listed(wild), **wild})
    settings, _, inquiries = tenant.ask()
    assert len(inquiries) == len(KINDS)
    assert {each.side for each in settings} == {"entra"}
    assert not any(".." in each.path for each in tenant.calls)


def test_credentials_of_wrong_types_lose_no_others(tenant: Tenant):
    path = f"/v1.0/servicePrincipals/{MAILER}"
    wild = [None, 5, {"keyId": {"a": 1}}, {"customKeyIdentifier": 5}, KEY]
    tenant.instead[path] = reply(ANSWERS[path] | {"keyCredentials": wild})
    settings, gaps, _ = tenant.ask()
    assert gaps == []
    keys = of(settings, "ServicePrincipal")[2]["keyCredentials"]
    assert [each.get("customKeyIdentifier") for each in keys] == [None, None, None, THUMBPRINT]


def test_an_answer_beyond_the_limit_is_told(tenant: Tenant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web_api, "ANSWER_LIMIT", 10_000)
    tenant.instead["/v1.0/organization"] = reply(listed({"id": "x" * 20_000}))
    settings, gaps, inquiries = tenant.ask()
    assert [each.kind for each in gaps] == ["limit"]
    assert (of(settings, "Tenant"), inquiries["Tenant"].found) == ([], 0)
    assert inquiries["Tenant"].fault
    assert of(settings, "Application")


def test_more_applications_than_are_read_are_told(tenant: Tenant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(graph_api, "PRINCIPALS_LIMIT", 1)
    _, gaps, inquiries = tenant.ask()
    assert [each.kind for each in gaps] == ["limit"]
    assert inquiries["ServicePrincipal"].fault
    assert not inquiries["DirectoryRoleMember"].fault


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "https://graph.microsoft.com.evil.example",
        "https://graph.microsoft.com/v1.0/users",
        "http://graph.microsoft.com",
        "https://user@graph.microsoft.com",
        "https://graph.windows.net",
        "ftp://graph.microsoft.com",
    ],
)
def test_other_hosts_are_refused_before_anything_is_sent(tenant: Tenant, url: str):
    settings, gaps, inquiries = tenant.ask(base_url=url)
    assert (settings, inquiries, len(gaps)) == ([], {}, 1)
    assert tenant.calls == []


@pytest.mark.parametrize("cloud", graph_asking.HOSTS)
def test_every_cloud_has_its_own_host(cloud: str):
    assert graph_asking.fault(graph_asking.settings(cloud, ApiKey("x"))) is None


def test_no_token_is_refused(tenant: Tenant):
    _, gaps, _ = tenant.ask(key=ApiKey(""))
    assert len(gaps) == 1
    assert tenant.calls == []


def test_the_token_is_in_no_log(tenant: Tenant, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    for each in ("httpx2", "httpcore2", "httpcore", "msal"):
        caplog.set_level(logging.DEBUG, logger=each)
    tenant.ask()
    assert tenant.calls
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (THUMBPRINT, THUMBPRINT),
        (THUMBPRINT.lower(), THUMBPRINT),
        (THUMBPRINT_BASE64, THUMBPRINT),
        # The hex text itself, in base64.
        ("NTJFRDlCNTAzOEE0N0I5RTJFMjE5MDcxNUNDMjM4MzU5RDRGOEY3Mw==", THUMBPRINT),
        ("no thumbprint!", ""),
        ("", ""),
    ],
)
def test_a_thumbprint_in_every_way_it_is_written(text: str, wanted: str):
    thing = {"id": TENANT, "keyCredentials": [{"customKeyIdentifier": text}]}
    (key,) = graph_objects.setting("Application", thing).properties["keyCredentials"]
    assert key.get("customKeyIdentifier", "") == wanted


# Signing in: msal itself, whose connections to Microsoft's host end at this machine.


class Detour(httpx2.BaseTransport):
    """Sends to the server of the test what was meant for the sign-in host."""

    def __init__(self, url: str, asked: list[str]) -> None:
        self._inner = httpx2.HTTPTransport()
        self._url = httpx2.URL(url)
        self._asked = asked

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self._asked.append(str(request.url))
        request.url = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        return self._inner.handle_request(request)


@pytest.fixture
def microsoft(tenant: Tenant) -> Iterator[tuple[Tenant, Callable[..., Any], list[str]]]:
    host = "https://login.microsoftonline.com"
    folder = f"/{TENANT}"
    tenant.instead[f"{folder}/v2.0/.well-known/openid-configuration"] = reply(
        {
            "issuer": f"{host}{folder}/v2.0",
            "authorization_endpoint": f"{host}{folder}/oauth2/v2.0/authorize",
            "token_endpoint": f"{host}{folder}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{host}{folder}/oauth2/v2.0/devicecode",
        }
    )
    tenant.instead[f"{folder}/oauth2/v2.0/token"] = reply(
        {"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN}
    )
    tenant.instead[f"{folder}/oauth2/v2.0/devicecode"] = reply(
        {
            "user_code": "F7WQK2PLM",
            "device_code": "DAQABAAEAAAD",
            "verification_uri": "https://microsoft.com/devicelogin",
            "expires_in": 900,
            "interval": 1,
            "message": "To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the code F7WQK2PLM to authenticate.",
        }
    )
    asked: list[str] = []

    def line(**options: Any) -> httpx2.Client:
        return httpx2.Client(transport=Detour(tenant.url, asked), **options)

    yield tenant, line, asked
    assert {urlsplit(each).hostname for each in asked} <= {"login.microsoftonline.com"}


def form(call: Call) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(call.body).items()}


def test_an_application_signs_in_with_its_secret(microsoft: Any):
    tenant, line, _ = microsoft
    asked = SignIn(tenant=TENANT, client_id=APP, secret=ApiKey("s3cret"))
    assert token(asked, print, line) == ApiKey(TOKEN)
    (sent,) = [form(each) for each in tenant.calls if each.path.endswith("/token")]
    assert sent["grant_type"] == "client_credentials"
    assert sent["scope"] == "https://graph.microsoft.com/.default"
    assert "s3cret" not in repr(asked)


def test_an_application_signs_in_with_its_certificate(microsoft: Any, tmp_path: Path):
    tenant, line, _ = microsoft
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tocsin")])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"pass"),
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    file = tmp_path / "app.pem"
    file.write_bytes(pem)
    asked = sign_in_from(
        {graph_sign_in.PASSPHRASE_VARIABLE: "pass"}, TENANT, "global", APP, str(file)
    )
    assert token(asked, print, line) == ApiKey(TOKEN)
    (sent,) = [form(each) for each in tenant.calls if each.path.endswith("/token")]
    assert sent["client_assertion_type"].endswith("jwt-bearer")
    assert "client_secret" not in sent


def test_a_person_signs_in_by_device_code(microsoft: Any):
    tenant, line, _ = microsoft
    shown: list[str] = []
    assert token(SignIn(tenant=TENANT), shown.append, line) == ApiKey(TOKEN)
    assert "F7WQK2PLM" in shown[0]
    (first,) = [form(each) for each in tenant.calls if each.path.endswith("/devicecode")]
    scopes = set(first["scope"].split())
    graph_scopes = {each for each in scopes if each.startswith("https://graph.microsoft.com/")}
    assert graph_scopes == {
        "https://graph.microsoft.com/Application.Read.All",
        "https://graph.microsoft.com/Directory.Read.All",
    }
    assert not any("Write" in each for each in scopes)


def test_a_refused_sign_in_says_why_and_not_with_what(microsoft: Any):
    tenant, line, _ = microsoft
    tenant.instead[f"/{TENANT}/oauth2/v2.0/token"] = reply(
        {
            "error": "invalid_client",
            "error_description": "AADSTS7000215: Invalid client secret provided: s3cret",
        },
        401,
    )
    asked = SignIn(tenant=TENANT, client_id=APP, secret=ApiKey("s3cret"))
    why = token(asked, print, line)
    assert isinstance(why, Sentence)
    assert "AADSTS7000215" in str(why)
    assert "s3cret" not in str(why)


def test_a_sign_in_host_that_points_elsewhere_is_not_followed(microsoft: Any):
    tenant, line, asked = microsoft
    tenant.instead[f"/{TENANT}/v2.0/.well-known/openid-configuration"] = reply(
        {
            "issuer": "https://evil.example",
            "authorization_endpoint": "https://evil.example/authorize",
            "token_endpoint": f"https://evil.example/{TENANT}/token",
        }
    )
    why = token(SignIn(tenant=TENANT, client_id=APP, secret=ApiKey("s3cret")), print, line)
    assert isinstance(why, Sentence)
    assert not any("evil" in each for each in asked)
    assert not any("s3cret" in each.body for each in tenant.calls)


@pytest.mark.parametrize(
    "given", [Reply(b""), Reply(b"[]"), reply({}, 404), reply({"error": "x"}, 400), reply({}, 500)]
)
def test_a_sign_in_host_that_talks_nonsense_is_told(microsoft: Any, given: Reply):
    tenant, line, _ = microsoft
    tenant.instead[f"/{TENANT}/v2.0/.well-known/openid-configuration"] = given
    why = token(SignIn(tenant=TENANT, client_id=APP, secret=ApiKey("s3cret")), print, line)
    assert isinstance(why, Sentence)
    del tenant.instead[f"/{TENANT}/v2.0/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    "given",
    [Reply(b""), Reply(b"[]"), Reply(b"<html>"), reply({}, 500), reply({"access_token": 5})],
    ids=lambda given: str(given.body),
)
@pytest.mark.parametrize("place", ["token", "devicecode"])
def test_answers_to_the_sign_in_that_are_none_are_told(microsoft: Any, given: Reply, place: str):
    tenant, line, _ = microsoft
    tenant.instead[f"/{TENANT}/oauth2/v2.0/{place}"] = given
    secret = ApiKey("s3cret") if place == "token" else ApiKey("")
    asked = SignIn(tenant=TENANT, client_id=APP, secret=secret)
    assert isinstance(token(asked, lambda _: None, line), Sentence)


@pytest.mark.parametrize(
    "asked",
    [
        SignIn(tenant=""),
        SignIn(tenant="a/b"),
        SignIn(tenant="contoso.com", cloud="mars"),
        SignIn(tenant="contoso.com", secret=ApiKey("x")),
        SignIn(tenant="contoso.com", client_id=APP, secret=ApiKey("x"), certificate=Path("x")),
    ],
)
def test_a_sign_in_that_cannot_work_is_refused_at_once(asked: SignIn):
    def line(**_: Any) -> Any:
        raise AssertionError("nothing is sent")

    assert isinstance(token(asked, print, line), Sentence)


def test_certificate_files_that_are_none(tmp_path: Path):
    for content in (None, b"", b"x", b"-----BEGIN CERTIFICATE-----\nx"):
        file = tmp_path / "app.pem"
        if content is not None:
            file.write_bytes(content)
        asked = SignIn(tenant="contoso.com", client_id=APP, certificate=file)
        assert isinstance(token(asked, print), Sentence)


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tocsin", "collect", "graph", "--lang", "en", *words],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", **environment},
    )


def test_the_door_tells_what_it_would_send():
    done = run("--tenant", "contoso.com", "--dry-run", TOCSIN_GRAPH_SECRET="s3cret")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("POST https://login.microsoftonline.com/contoso.com/")
    assert len(lines) == len(questions()) + 1
    assert all(each.startswith("GET https://graph.microsoft.com/v1.0/") for each in lines[1:])
    assert "s3cret" not in done.stdout


def test_the_door_offers_every_cloud():
    assert set(CLOUDS) == set(graph_asking.HOSTS)


def test_the_door_needs_a_tenant(tmp_path: Path):
    done = run("-o", str(tmp_path / "x"))
    assert done.returncode == 2
    assert "--tenant" in done.stderr
    done = run("--tenant", "c.com", "-o", str(tmp_path / "x"), TOCSIN_GRAPH_SECRET_FILE="/no/such")
    assert done.returncode == 2
    assert not (tmp_path / "x").exists()
