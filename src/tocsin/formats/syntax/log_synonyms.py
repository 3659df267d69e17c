"""What publishers, spreadsheets and cmdlets call the columns of Exchange's logs."""

from __future__ import annotations

SYNONYMS = {
    "timestamp": "DateTime",
    "timegenerated": "DateTime",
    "time": "DateTime",
    "date": "DateTime",
    "hostname": "UrlHost",
    "host": "UrlHost",
    "urlpath": "UrlStem",
    "url": "UrlStem",
    "path": "UrlStem",
    "uri": "UrlStem",
    "uristem": "UrlStem",
    "csuristem": "UrlStem",
    "csuriquery": "UrlQuery",
    "query": "UrlQuery",
    "useragent": "UserAgent",
    "csuseragent": "UserAgent",
    "agent": "UserAgent",
    "httpmethod": "Method",
    "httpmetode": "Method",
    "csmethod": "Method",
    "httpmethode": "Method",
    "methode": "Method",
    "verb": "Method",
    "httpstatuscode": "HttpStatus",
    "httpstatuskode": "HttpStatus",
    "statuscode": "HttpStatus",
    "scstatus": "HttpStatus",
    "status": "HttpStatus",
    "clientip": "ClientIpAddress",
    "cip": "ClientIpAddress",
    "sourceip": "ClientIpAddress",
    "srcip": "ClientIpAddress",
    "ip": "ClientIpAddress",
    "remoteip": "ClientIpAddress",
    "user": "AuthenticatedUser",
    "username": "AuthenticatedUser",
    "csusername": "AuthenticatedUser",
    "server": "ServerHostName",
    "servername": "ServerHostName",
}
"""What publishers and exports call the columns of a web request, plain, to HttpProxy's names."""

TRACKING_SYNONYMS = {
    "timestamp": "date-time",
    "sender": "sender-address",
    "recipients": "recipient-address",
    "subject": "message-subject",
}
"""What Get-MessageTrackingLog calls the columns of the tracking log."""
