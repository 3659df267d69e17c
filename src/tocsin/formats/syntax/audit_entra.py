"""Entra's audit and sign-in logs under the names of the unified audit log, and under their own.

From Microsoft Graph, Log Analytics, diagnostic settings and the portal.
https://learn.microsoft.com/en-us/graph/api/resources/directoryaudit and …/signin,
https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/auditlogs and …/signinlogs
"""

from __future__ import annotations

from typing import Any

from tocsin.formats.syntax.audit_fields import Fields, alias, flatten, put

LOGGED_IN = "UserLoggedIn"
LOGIN_FAILED = "UserLoginFailed"
"""What the unified audit log calls a sign-in (RecordType 15)."""

_ACTIVITY = (
    "activityDisplayName",
    "ActivityDisplayName",
    "Activity",
    "OperationName",
    "operationName",
)
_WHEN = (
    "activityDateTime",
    "ActivityDateTime",
    "createdDateTime",
    "CreatedDateTime",
    "TimeGenerated",
    "TimeGenerated [UTC]",
    "time",
    "Date (UTC)",
    "CreationTime",
)
_WHO = (
    "initiatedBy.user.userPrincipalName",
    "InitiatedBy.user.userPrincipalName",
    "ActorUserPrincipalName",
    "initiatedBy.app.displayName",
    "InitiatedBy.app.displayName",
    "ActorDisplayName",
    "initiatedBy.app.servicePrincipalId",
    "InitiatedBy.app.servicePrincipalId",
    "Identity",
)
_FROM = (
    "initiatedBy.user.ipAddress",
    "InitiatedBy.user.ipAddress",
    "IPAddress",
    "IP address",
    "ipAddress",
    "CallerIPAddress",
    "callerIpAddress",
)
_SIGN_IN: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "UserId",
        (
            "userPrincipalName",
            "UserPrincipalName",
            "Username",
            "servicePrincipalName",
            "ServicePrincipalName",
            "userDisplayName",
            "User",
        ),
    ),
    ("AppDisplayName", ("appDisplayName", "Application")),
    ("AppId", ("appId", "Application ID")),
    ("ClientIP", _FROM),
    ("ResultType", ("status.errorCode", "Status.errorCode", "Sign-in error code", "resultType")),
    ("ResultDescription", ("status.failureReason", "Failure reason", "resultDescription")),
    ("ClientAppUsed", ("clientAppUsed", "Client app")),
    ("UserAgent", ("userAgent", "User agent")),
    ("ResourceDisplayName", ("resourceDisplayName", "Resource")),
    ("AuthenticationRequirement", ("authenticationRequirement", "Authentication requirement")),
    (
        "AuthenticationProtocol",
        ("authenticationProtocol", "Authentication Protocol", "Authentication protocol"),
    ),
    (
        "RiskLevelDuringSignIn",
        ("riskLevelDuringSignIn", "Risk level during sign-in", "Risk Level (real-time)"),
    ),
    (
        "RiskLevelAggregated",
        ("riskLevelAggregated", "Risk level aggregated", "Risk Level (aggregate)"),
    ),
    ("RiskState", ("riskState", "Risk state", "Risk State")),
    ("ConditionalAccessStatus", ("conditionalAccessStatus", "Conditional Access")),
    ("CreationTime", _WHEN),
    ("Id", ("id", "Request ID", "OriginalRequestId")),
)
_CATEGORIES = ("AuditLogs", "SignInLogs")


def is_entra(record: dict[str, Any]) -> bool:
    """Whether it is one of these logs and not the unified audit log."""
    return is_sign_in(record) or is_directory_audit(record)


def is_directory_audit(record: dict[str, Any]) -> bool:
    """By who did what to which object."""
    names = record.keys()
    return not names.isdisjoint(_ACTIVITY) and not names.isdisjoint(
        (
            "initiatedBy",
            "InitiatedBy",
            "targetResources",
            "TargetResources",
            "ActorType",
            "LoggedByService",
        )
    )


def is_sign_in(record: dict[str, Any]) -> bool:
    """By the application that was signed in to."""
    names = record.keys()
    return not names.isdisjoint(
        (
            "appDisplayName",
            "AppDisplayName",
            "Sign-in error code",
            "clientAppUsed",
            "ClientAppUsed",
            "Client app",
            "Authentication requirement",
        )  # where the cell of the error is empty
    ) and not names.isdisjoint(
        (
            "userPrincipalName",
            "UserPrincipalName",
            "Username",
            "User",
            "servicePrincipalName",
            "ServicePrincipalName",
        )
    )


def inside(record: dict[str, Any]) -> dict[str, Any]:
    """A record of diagnostic settings holds the log's own one in `properties`."""
    inner = record.get("properties")
    if isinstance(inner, dict) and is_entra(inner):
        return {**{name: each for name, each in record.items() if name != "properties"}, **inner}
    return record


def entra_fields(record: dict[str, Any]) -> Fields:
    """Every field, beside its own name under that of the unified audit log."""
    found: Fields = {}
    flatten(record, found)
    if is_sign_in(record):
        _sign_in(found)
    else:
        _audit(found)
    put(found, "Workload", "AzureActiveDirectory")
    alias(found)
    return found


def _first(found: Fields, names: tuple[str, ...]) -> str | None:
    return next((found[each] for each in names if each in found), None)


def _audit(found: Fields) -> None:
    activity = _first(found, _ACTIVITY)
    for name in (
        "Operation",
        "OperationName",
        "operationName",
        "ActivityDisplayName",
        "properties.message",
    ):
        put(found, name, activity)
    put(found, "CreationTime", _first(found, _WHEN))
    put(found, "UserId", _first(found, _WHO))
    put(found, "ClientIP", _first(found, _FROM))
    for name in ("displayName", "type", "id", "userPrincipalName"):
        target = _first(found, (f"targetResources.{name}", f"TargetResources.{name}"))
        put(found, f"targetResources.{name}", target)
        put(found, f"TargetResources.{name}", target)
    named = (
        "targetResources.userPrincipalName",
        "targetResources.displayName",
        "Target1UserPrincipalName",
        "Target1DisplayName",
        "targetResources.id",
    )
    put(found, "ObjectId", _first(found, named))
    for number in range(1, 10):
        changed = found.get(f"Target1ModifiedProperty{number}Name")
        if changed:
            put(
                found,
                f"ModifiedProperties.{changed}",
                found.get(f"Target1ModifiedProperty{number}NewValue"),
            )
    result = _first(found, ("result", "Result")) or ""
    put(found, "ResultStatus", result)
    put(found, "Status", result.capitalize())
    put(found, "properties.result", result)
    for name, other in (("Category", "category"), ("LoggedByService", "loggedByService")):
        put(found, name, found.get(other))


def _sign_in(found: Fields) -> None:
    if (name := _first(found, ("userPrincipalName", "UserPrincipalName"))) and "UserId" in found:
        found["UserId"] = name  # in tables it is the number of the account
    for name, others in _SIGN_IN:
        put(found, name, _first(found, others))
    code = found.get("ResultType", "")
    worked = code in ("", "0") and found.get("Status", "Success").lower() in ("success", "0")
    if worked:
        put(found, "ResultType", "0")  # a table leaves it empty
    put(found, "Operation", LOGGED_IN if worked else LOGIN_FAILED)
    put(found, "ResultStatus", "Success" if worked else "Failed")
    put(found, "Status", "Success" if worked else "Failure")
    put(found, "ObjectId", found.get("ResourceDisplayName") or found.get("AppDisplayName"))
    if code:
        put(found, "Resultdescription", found.get("ResultDescription"))
    put(found, "userAgent", found.get("UserAgent"))
    put(found, "Username", found.get("UserId"))
