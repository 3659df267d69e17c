"""One Exchange server's logs of some hours, written as the server writes them: every row of one
request in each log that it leaves, with the same ids and times.

All names, addresses and ids are invented. Column lists are those of Exchange 2016 and 2019.
"""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

IIS_FIELDS = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
    "cs(Referer) sc-status sc-substatus sc-win32-status time-taken"
)
HTTPPROXY = [
    "DateTime",
    "RequestId",
    "MajorVersion",
    "MinorVersion",
    "BuildVersion",
    "RevisionVersion",
    "ClientRequestId",
    "Protocol",
    "UrlHost",
    "UrlStem",
    "ProtocolAction",
    "AuthenticationType",
    "IsAuthenticated",
    "AuthenticatedUser",
    "Organization",
    "AnchorMailbox",
    "UserAgent",
    "ClientIpAddress",
    "ServerHostName",
    "HttpStatus",
    "BackEndStatus",
    "ErrorCode",
    "Method",
    "ProxyAction",
    "TargetServer",
    "TargetServerVersion",
    "RoutingType",
    "RoutingHint",
    "BackEndCookie",
    "ServerLocatorHost",
    "ServerLocatorLatency",
    "RequestBytes",
    "ResponseBytes",
    "TargetOutstandingRequests",
    "AuthModulePerfContext",
    "HttpPipelineLatency",
    "CalculateTargetBackEndLatency",
    "GlsLatencyBreakup",
    "TotalGlsLatency",
    "AccountForestLatencyBreakup",
    "TotalAccountForestLatency",
    "ResourceForestLatencyBreakup",
    "TotalResourceForestLatency",
    "ADLatency",
    "SharedCacheLatencyBreakup",
    "TotalSharedCacheLatency",
    "ActivityContextLifeTime",
    "ModuleToHandlerSwitchingLatency",
    "ClientReqStreamLatency",
    "BackendReqInitLatency",
    "BackendReqStreamLatency",
    "BackendProcessingLatency",
    "BackendRespInitLatency",
    "BackendRespStreamLatency",
    "ClientRespStreamLatency",
    "KerberosAuthHeaderLatency",
    "HandlerCompletionLatency",
    "RequestHandlerLatency",
    "HandlerToModuleSwitchingLatency",
    "ProxyTime",
    "CoreLatency",
    "RoutingLatency",
    "HttpProxyOverhead",
    "TotalRequestTime",
    "RouteRefresherLatency",
    "UrlQuery",
    "BackEndGenericInfo",
    "GenericInfo",
    "GenericErrors",
    "EdgeTraceId",
    "DatabaseGuid",
    "UserADObjectGuid",
    "PartitionEndpointLookupLatency",
    "RoutingStatus",
]
EWS = [
    "DateTime",
    "RequestId",
    "MajorVersion",
    "MinorVersion",
    "BuildVersion",
    "RevisionVersion",
    "Ring",
    "ClientRequestId",
    "AuthenticationType",
    "IsAuthenticated",
    "AuthenticatedUser",
    "Organization",
    "UserAgent",
    "VersionInfo",
    "ClientIpAddress",
    "ServerHostName",
    "FrontEndServer",
    "SoapAction",
    "HttpStatus",
    "RequestSize",
    "ResponseSize",
    "ErrorCode",
    "ImpersonatedUser",
    "ProxyAsUser",
    "ActAsUser",
]
RPS_HTTP = [
    "DateTime",
    "StartTime",
    "RequestId",
    "MajorVersion",
    "MinorVersion",
    "BuildVersion",
    "RevisionVersion",
    "ClientRequestId",
    "UrlHost",
    "UrlStem",
    "AuthenticationType",
    "IsAuthenticated",
    "AuthenticatedUser",
    "Organization",
    "ManagedOrganization",
    "ClientIpAddress",
    "ServerHostName",
    "FrontEndServer",
    "HttpStatus",
    "SubStatus",
    "ErrorCode",
    "Action",
    "CommandId",
    "CommandName",
    "SessionId",
    "ShellId",
    "FailFast",
    "ContributeToFailFast",
    "RequestBytes",
    "ClientInfo",
    "CPU",
    "Memory",
    "ActivityContextLifeTime",
    "TotalTime",
    "UrlQuery",
    "GenericLatency",
    "GenericInfo",
    "GenericErrors",
]
RPS_CMDLET = [
    "DateTime",
    "StartTime",
    "RequestId",
    "ClientRequestId",
    "MajorVersion",
    "MinorVersion",
    "BuildVersion",
    "RevisionVersion",
    "ServerHostName",
    "ProcessId",
    "ProcessName",
    "ThreadId",
    "CultureInfo",
    "Organization",
    "AuthenticatedUser",
    "ExecutingUserSid",
    "EffectiveOrganization",
    "UserServicePlan",
    "IsAdmin",
    "ClientApplication",
    "Cmdlet",
    "Parameters",
    "CmdletUniqueId",
    "ErrorType",
    "ExecutionResult",
    "GenericInfo",
]
TRACKING = [
    "date-time",
    "client-ip",
    "client-hostname",
    "server-ip",
    "server-hostname",
    "source-context",
    "connector-id",
    "source",
    "event-id",
    "internal-message-id",
    "message-id",
    "network-message-id",
    "recipient-address",
    "recipient-status",
    "total-bytes",
    "recipient-count",
    "related-recipient-address",
    "reference",
    "message-subject",
    "sender-address",
    "return-path",
    "message-info",
    "directionality",
    "tenant-id",
    "original-client-ip",
    "original-server-ip",
    "custom-data",
    "transport-traffic-type",
    "log-id",
    "schema-version",
]
KINDS = {
    "httpproxy": ("HttpProxy Logs", HTTPPROXY),
    "ews": ("EWS Logs", EWS),
    "rps-http": ("Rps Http Logs", RPS_HTTP),
    "rps-cmdlet": ("Rps Cmdlet Logs", RPS_CMDLET),
    "messagetracking": ("Message Tracking Log", TRACKING),
    "ecp-server": ("ECP Server Log", ["TimeStamp", "ServerName", "EventId", "EventData"]),
}


@dataclass
class Web:
    """One request of HTTP as the front end sees it."""

    when: datetime
    stem: str
    query: str = ""
    method: str = "POST"
    user: str = ""
    client: str = "10.1.2.3"
    agent: str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
    status: int = 200
    protocol: str = "Owa"
    anchor: str = ""
    routing: str = "WindowsIdentity"
    back_cookie: str = ""
    action: str = ""
    only_iis: bool = False
    back_end: bool = True
    sent: int = 400
    cookie: str = ""


@dataclass
class Server:
    """Where the rows of one server are collected until they are written."""

    name: str
    chance: random.Random
    address: str = "10.0.0.5"
    version: str = "15.01.2375.007"
    domain: str = "contoso.example"
    rows: dict[str, list[tuple[datetime, list[str] | str]]] = field(default_factory=dict)

    def add(self, kind: str, when: datetime, **values: object) -> None:
        """One row of an Exchange log; what is not given is empty."""
        columns = KINDS[kind][1]
        major, minor, build, revision = self.version.split(".")
        known: dict[str, object] = {
            "DateTime": stamp(when), "StartTime": stamp(when), "TimeStamp": stamp(when),
            "date-time": stamp(when), "MajorVersion": int(major), "MinorVersion": int(minor),
            "BuildVersion": build, "RevisionVersion": int(revision), "ServerHostName": self.name,
            "ServerName": self.name, "server-hostname": self.name, "RequestId": self.guid(),
        }  # fmt: skip
        known.update(values)
        unknown = set(values) - set(columns) - {"RequestId"}
        if unknown:
            raise KeyError(unknown)
        self.rows.setdefault(kind, []).append((when, [str(known.get(c, "")) for c in columns]))

    def web(self, asked: Web) -> str:
        """A request in every log that it leaves; its id."""
        request = self.guid()
        tail = f"&CorrelationID=<empty>;&ClientId={self.guid()[:20].upper()}&cafeReqId={request};&encoding=;"
        self._iis("iis-front", asked, asked.query + tail, 443)
        if asked.only_iis:
            return request
        self.add(
            "httpproxy", asked.when, RequestId=request, Protocol=asked.protocol,
            UrlHost="mail.contoso.example", UrlStem=asked.stem, ProtocolAction=asked.action,
            AuthenticationType="Negotiate" if asked.user else "", IsAuthenticated=str(bool(asked.user)).lower(),
            AuthenticatedUser=asked.user, AnchorMailbox=asked.anchor, UserAgent=asked.agent.replace(",", " "),
            ClientIpAddress=asked.client, HttpStatus=asked.status,
            BackEndStatus=asked.status if asked.back_end else "", Method=asked.method, ProxyAction="Proxy",
            TargetServer=f"{self.name}.{self.domain}", TargetServerVersion=self.version,
            RoutingType="IntraForest", RoutingHint=asked.routing, BackEndCookie=asked.back_cookie,
            RequestBytes=asked.sent, ResponseBytes=self.chance.randrange(300, 9000),
            TotalRequestTime=self.chance.randrange(3, 300), UrlQuery=f"?{asked.query}" if asked.query else "",
            GenericInfo=f"BeginRequest={stamp(asked.when)};CorrelationID=<empty>;ProxyState-Run=None;",
            RoutingStatus="CafeV1",
        )  # fmt: skip
        if asked.back_end:
            self._iis("iis-back", asked, f"{asked.query}&cafeReqId={request};", 444)
        return request

    def _iis(self, kind: str, asked: Web, query: str, port: int) -> None:
        when = asked.when
        self.rows.setdefault(kind, []).append((when, " ".join((
            f"{when:%Y-%m-%d}", f"{when:%H:%M:%S}", self.address, asked.method, asked.stem,
            query.replace(" ", "+") or "-", str(port), asked.user.replace(" ", "+") or "-", asked.client,
            asked.agent.replace(" ", "+") or "-", "-", str(asked.status), "0", "0",
            str(self.chance.randrange(3, 400)),
        ))))  # fmt: skip

    def cmdlet(
        self,
        when: datetime,
        user: str,
        name: str,
        parameters: str,
        *,
        client: str = "",
        failed: str = "",
    ) -> None:
        """A cmdlet in the Rps_Cmdlet log and in the event log MSExchange Management."""
        self.add(
            "rps-cmdlet", when, ProcessName="w3wp#MSExchangePowerShellAppPool", AuthenticatedUser=user,
            ClientApplication=client, Cmdlet=name, Parameters=parameters, ErrorType=failed,
            ExecutionResult="Error" if failed else "Success", IsAdmin="True",
        )  # fmt: skip
        data = [name, parameters, user, "S-1-5-21-1-2-3-500", "S-1-5-21-1-2-3-500",
                "Remote-ManagementShell-Unknown", "8372 w3wp#MSExchangePowerShellAppPool", "", "31",
                "00:00:00.0625", "View Entire Forest: 'False'", failed]  # fmt: skip
        self.event(
            when, "MSExchange Management", "MSExchange CmdletLogs", 6 if failed else 1,
            {"Data": data},
        )  # fmt: skip

    def event(
        self, when: datetime, channel: str, provider: str, number: int, data: dict[str, object]
    ) -> None:
        """A record of a Windows event log, as evtx_dump writes it."""
        record = {"Event": {
            "System": {
                "Provider": {"#attributes": {"Name": provider}}, "EventID": number, "Level": 4,
                "TimeCreated": {"#attributes": {"SystemTime": f"{when:%Y-%m-%dT%H:%M:%S.%f}Z"}},
                "EventRecordID": len(self.rows.get("events", ())) + 1, "Channel": channel,
                "Computer": f"{self.name}.{self.domain}",
            },
            "EventData": data,
        }}  # fmt: skip
        self.rows.setdefault("events", []).append((when, json.dumps(record)))

    def guid(self) -> str:
        """An id of 128 bits."""
        bits = f"{self.chance.getrandbits(128):032x}"
        return "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:]))

    def write(self, folder: Path) -> dict[str, int]:
        """Write every log in order of time; rows by file."""
        written = {}
        for kind, found in self.rows.items():
            found.sort(key=lambda each: each[0])
            name = {
                "iis-front": "W3SVC1/u_ex.log",
                "iis-back": "W3SVC2/u_ex.log",
                "events": "events.jsonl",
            }.get(kind, f"{kind}/{kind.upper()}_1.LOG")
            path = folder / self.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._text(kind, found), "utf-8", newline="")
            written[str(path.relative_to(folder))] = len(found)
        return written

    def _text(self, kind: str, found: list[tuple[datetime, list[str] | str]]) -> str:
        first = found[0][0]
        if kind == "events":
            return "".join(f"{row}\n" for _, row in found)
        if kind.startswith("iis"):
            head = (
                "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
                f"#Date: {first:%Y-%m-%d %H:%M:%S}\r\n#Fields: {IIS_FIELDS}\r\n"
            )
            return head + "".join(f"{row}\r\n" for _, row in found)
        title, columns = KINDS[kind]
        out = io.StringIO()
        out.write(
            f"\ufeff#Software: Microsoft Exchange Server\r\n#Version: {self.version}\r\n"
            f"#Log-type: {title}\r\n#Date: {stamp(first)}\r\n#Fields: {','.join(columns)}\r\n"
        )
        writer = csv.writer(out, lineterminator="\r\n")
        for _, row in found:
            writer.writerow(row)
        return out.getvalue()


def stamp(when: datetime) -> str:
    """A time as Exchange writes it."""
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"
