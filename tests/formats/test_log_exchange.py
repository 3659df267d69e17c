"""Exchange's text logs (`exchange-log`): rows, columns of every version, servers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from log_reading import hosts, log_of, rows

from tocsin.formats import recognise
from tocsin.model.event import Event

DATA = Path(__file__).resolve().parent.parent / "data" / "logs"
SAMPLES = "samples/logs/exchange/artefacts_help"

PROXY_2013 = (
    "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,"
    "Protocol,UrlStem,ProtocolAction,AuthenticationType,IsAuthenticated,AuthenticatedUser,"
    "Organization,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus,"
    "ErrorCode,Method,ProxyAction,TargetServer,TargetServerVersion,RoutingHint,BackEndCookie"
)


def head(kind: str, fields: str, version: str = "15.02.1118.007") -> bytes:
    return (
        f"\ufeff#Software: Microsoft Exchange Server\r\n#Version: {version}\r\n#Log-type: {kind}\r\n"
        f"#Date: 2021-03-03T00:01:18.223Z\r\n#Fields: {fields}\r\n"
    ).encode()


def one(data: bytes) -> Event:
    events, others = rows(data)
    assert not others
    assert len(events) == 1
    return events[0]


ECP = head("ECP Server Log", "TimeStamp,ServerName,EventId,EventData", "15.0.0.0")


def test_the_command_of_the_admin_center_is_a_field():
    event = one(
        ECP
        + b"2021-03-03T06:49:53.772Z,EX01,ECP.Request,\"S:TIME=13;'S:CMD=Set-OabVirtualDirectory."
        b"ExternalUrl=''http://f/<script language=\"\"JScript\"\">a;b</script>''.Identity=''x''';"
        b"S:REQID=;S:URL=/ecp/DDI/DDIService.svc/SetObject?msExchEcpCanary=abc.&schema="
        b'OABVirtualDirectory;S:EX="\r\n'
    )
    assert event.surface == "ecp-server"
    assert event.host == "EX01"
    assert event.fields["Cmdlet"] == "Set-OabVirtualDirectory"
    assert '<script language="JScript">a;b</script>' in event.fields["CMD"]
    assert event.fields["CMD"].endswith("Identity='x'")
    assert event.fields["Parameters"].startswith("ExternalUrl='http://f/")
    assert event.fields["msExchEcpCanary"] == "abc."
    assert event.fields["schema"] == "OABVirtualDirectory"
    assert event.fields["cs-uri-stem"] == "/ecp/DDI/DDIService.svc/SetObject"
    assert event.fields["cs-uri-query"].startswith("/ecp/DDI/DDIService.svc/SetObject?msExch")
    assert "REQID" not in event.fields


@pytest.mark.parametrize(
    "row",
    [
        # the publisher kept the time and the pairs, or took the quotes around them
        (
            b"2021-03-03T06:49:53.772Z,'S:CMD=Set-OabVirtualDirectory.ExternalUrl=''http://f/"
            b'<script language=""JScript"">a</script>\'\'\','
        ),
        (
            b"2021-03-03T06:49:53.772Z,EX01,\"'S:CMD=Set-OabVirtualDirectory.ExternalUrl=''http://f/"
            b'<script language=""JScript"">a</script>\'\'\';S:EX="'
        ),
        (
            b"2021-03-03T06:49:53.772Z,EX01,ECP.Request,'S:CMD=Set-OabVirtualDirectory.ExternalUrl="
            b"''http://f/<script language=\"\"JScript\"\">a</script>''.B='',''';S:EX="
        ),
        # the row was cut inside its quotes
        (
            b"2021-03-03T06:49:53.772Z,EX01,ECP.Request,\"S:TIME=1;'S:CMD=Set-OabVirtualDirectory."
            b'ExternalUrl=\'\'http://f/<script language=""JScript"">a</script>'
        ),
    ],
)
@pytest.mark.parametrize(
    "before", [ECP, b"#Software: Microsoft Exchange Server\n#Log-type: ECP Server Log\n", b""]
)
def test_rows_that_a_publisher_cut_still_tell_their_command(before: bytes, row: bytes):
    event = one(before + row + b"\n")
    assert event.surface == "ecp-server"
    assert event.fields["Cmdlet"] == "Set-OabVirtualDirectory"
    assert '<script language="JScript">a</script>' in event.fields["CMD"]


def test_activity_of_the_admin_center_is_told_from_its_commands():
    row = (
        b"2021-03-03T00:52:12.021Z,EX01,Request,S:PSA=<PII>alice@contoso.example</PII>;S:URL=https://"
        b"localhost:444/ecp/RulesEditor/InboxRules.svc/GetList?msExchEcpCanary=abc.;S:Bld=15.1.2375.7;"
        b"S:ActID=12345678;Dbl:WLM.TS=16\r\n"
    )
    for before in (
        head("ECP Activity Context Log", "TimeStamp,ServerName,EventId,EventData", "15.0.0.0"),
        b"TimeStamp,ServerName,EventId,EventData\r\n",
        b"",
    ):
        event = one(before + row)
        assert event.surface == "ecp-activity"
        assert event.fields["PSA"] == "alice@contoso.example"
        assert event.fields["cs-uri-stem"] == "/ecp/RulesEditor/InboxRules.svc/GetList"
        assert event.fields["UrlHost"] == "localhost:444"


def proxy(**changes: str) -> bytes:
    """One row of HttpProxy with its header, as Exchange 2013 wrote it."""
    values = {
        "DateTime": "2021-03-03T06:49:42.162Z", "RequestId": "5e58f5e5-1ddc-48d3-82c6-0199bc121640",
        "MajorVersion": "15", "MinorVersion": "0", "BuildVersion": "1497", "RevisionVersion": "2",
        "Protocol": "Ecp", "UrlStem": "/ecp/y.js", "IsAuthenticated": "false",
        "UserAgent": "python-requests/2.25.1", "ClientIpAddress": "198.51.100.21",
        "ServerHostName": "EX01", "HttpStatus": "200", "Method": "POST",
        "TargetServer": "ex02.contoso.example", "TargetServerVersion": "15.00.1497.000",
    }  # fmt: skip
    values |= changes
    extra = [name for name in values if name not in PROXY_2013.split(",")]
    names = ",".join([PROXY_2013, *extra])
    cells = [values.get(name, "") for name in names.split(",")]
    row = ",".join(f'"{cell}"' if "," in cell else cell for cell in cells)
    return head("HttpProxy Logs", names, "15.00.1497.000") + row.encode() + b"\r\n"


def test_a_request_has_the_names_of_sigma():
    event = one(proxy(UrlQuery="?a=b&msExchEcpCanary=xyz.", UrlHost="mail.contoso.example"))
    fields = event.fields
    assert event.surface == "httpproxy"
    assert fields["cs-method"] == "POST"
    assert fields["cs-uri-stem"] == "/ecp/y.js"
    assert fields["cs-uri-query"] == "/ecp/y.js?a=b&msExchEcpCanary=xyz."
    assert fields["query"] == "a=b&msExchEcpCanary=xyz."
    assert fields["sc-status"] == "200"
    assert fields["c-ip"] == "198.51.100.21"
    assert fields["cs-user-agent"] == "python-requests/2.25.1"
    assert fields["cs-host"] == "mail.contoso.example"
    assert fields["msExchEcpCanary"] == "xyz."
    assert event.host == "EX01"


def test_the_client_is_the_first_public_address_of_a_list():
    fields = one(proxy(ClientIpAddress="10.0.0.4, 203.0.113.9, 198.51.100.3")).fields
    assert fields["c-ip"] in ("10.0.0.4", "203.0.113.9")  # documentation addresses are not routed
    fields = one(proxy(ClientIpAddress="10.0.0.4, 8.8.8.8:51423, 9.9.9.9")).fields
    assert fields["c-ip"] == "8.8.8.8"
    assert one(proxy(ClientIpAddress="fe80::1:2%9")).fields["c-ip"] == "fe80::1:2%9"


def test_what_is_hidden_in_a_mailbox_hint_is_decoded():
    event = one(
        proxy(
            AnchorMailbox="ServerInfo~a]@ex02.contoso.example:444/ecp/DDI/DDIService.svc/SetObject"
            "?msExchEcpCanary=AbC.&schema=ResetOABVirtualDirectory#",
            RoutingHint="X-BEResource-Cookie",
        )
    )
    assert event.decoded["AnchorMailbox.host"] == "ex02.contoso.example"
    assert event.decoded["AnchorMailbox.command"] == "SetObject"
    assert event.fields["msExchEcpCanary"] == "AbC."


def test_a_log_names_its_server_and_the_build_it_prints():
    told = {host.names[0]: host.version for host in hosts(proxy())}
    assert set(told) == {"EX01", "ex02.contoso.example"}
    version = told["EX01"]
    assert version is not None
    assert (version.major, version.minor, version.build) == (15, 0, 1497)
    assert version.precision == "cu"


def test_a_target_that_an_attacker_wrote_is_no_server():
    data = proxy(RoutingHint="X-BEResource-Cookie", TargetServer="evil.example")
    assert [host.names[0] for host in hosts(data)] == ["EX01"]


def test_the_version_of_a_library_is_none_of_the_server():
    (found,) = hosts(ECP + b"2021-03-03T06:49:53.772Z,EX01,ECP.Request,S:CMD=Get-Mailbox;S:EX=\r\n")
    assert found.version is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("typed", [True, False])
def test_exports_with_chosen_columns(delimiter: str, *, typed: bool):
    names = ["DateTime", "RequestId", "ClientIPAddress", "UrlHost", "UrlStem", "RoutingHint"]
    names += ["UserAgent", "AnchorMailbox", "HttpStatus"]
    row = ["2021-03-03T06:49:42.162Z", "x", "198.51.100.21", "mail.contoso.example", "/ecp/y.js"]
    row += ["X-BEResource-Cookie", "python-requests/2.25.1"]
    row += ["ServerInfo~a]@ex01.contoso.example:444/mapi/emsmdb/?#", "200"]
    lines = ["#TYPE Selected.System.Management.Automation.PSCustomObject"] if typed else []
    lines += [delimiter.join(f'"{cell}"' for cell in cells) for cells in (names, row, row)]
    events, others = rows("\r\n".join(lines).encode())
    assert not others
    assert len(events) == 2
    assert events[0].surface == "httpproxy"
    assert events[0].fields["ClientIpAddress"] == "198.51.100.21"
    assert events[0].fields["cs-uri-stem"] == "/ecp/y.js"
    assert events[0].decoded["AnchorMailbox.path"] == "/mapi/emsmdb/"


def test_columns_with_a_publishers_own_names():
    data = (
        b"timestamp,hostname,urlpath,useragent,httpstatuskode,http-metode\n"
        b"2021-03-05T03:06:27.696Z,mail,/owa/auth/x.aspx,Mozilla/5.0,302,GET\n"
        b"2021-03-05T03:06:28.696Z,mail,/owa/auth/y.aspx,Mozilla/5.0,198.51.100.7,200,GET\n"
        b"-----\n"
    )
    events, others = rows(data)
    assert others == [b"-----"]
    assert [e.fields["sc-status"] for e in events] == ["302", "200"]
    assert [e.fields["cs-method"] for e in events] == ["GET", "GET"]
    assert events[1].fields["c-ip"] == "198.51.100.7"


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2021-06-30T10:03:57.573Z", "2021-06-30 10:03:57.573000+00:00"),
        ("2021-06-30T12:03:57+02:00", "2021-06-30 10:03:57+00:00"),
        ("2021-06-30 10:03:57", "2021-06-30 10:03:57+00:00"),
        ("6/30/2021 10:03:57 AM", "2021-06-30 10:03:57+00:00"),
        ("6/30/2021 10:03:57 PM", "2021-06-30 22:03:57+00:00"),
        ("30.06.2021 10:03:57", "2021-06-30 10:03:57+00:00"),
        ("30/06/2021 10:03", "2021-06-30 10:03:00+00:00"),
    ],
)
def test_times_as_logs_and_their_exports_print_them(text: str, when: str):
    assert str(one(proxy(DateTime=text)).when) == when


@pytest.mark.parametrize("text", ["20210630", "2021", "now", "31/31/2021 10:00:00", "2021-13-40T1"])
def test_a_row_without_a_time_is_no_row(text: str):
    events, others = rows(proxy() + proxy(DateTime=text).splitlines(keepends=True)[-1])
    assert len(events) == 1
    assert len(others) == 1


def test_a_header_again_after_a_restart_and_another_log_behind_it():
    data = (
        proxy()
        + proxy()
        + ECP
        + b"2021-03-03T06:49:53.772Z,EX01,ECP.Request,S:CMD=Get-Mailbox;S:EX=\r\n"
    )
    data += b"DateTime,RequestId,UrlStem,AnchorMailbox,HttpStatus,Method\r\n"
    data += b"2021-03-03T06:49:54.000Z,x,/owa/,,200,GET\r\n"
    events, others = rows(data)
    assert not others
    assert [e.surface for e in events] == ["httpproxy", "httpproxy", "ecp-server", "httpproxy"]
    assert events[3].fields["cs-uri-stem"] == "/owa/"


TRACKING = (
    "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,"
    "event-id,internal-message-id,message-id,network-message-id,recipient-address,recipient-status,"
    "total-bytes,recipient-count,related-recipient-address,reference,message-subject,sender-address,"
    "return-path,message-info,directionality,tenant-id,original-client-ip,original-server-ip,custom-data"
)


def tracked(**changes: str) -> bytes:
    values = {
        "date-time": "2022-09-19T15:02:29.450Z", "client-hostname": "EX01.contoso.example",
        "server-hostname": "EX02", "source": "STOREDRIVER", "event-id": "RECEIVE",
        "source-context": "MDB:1, Mailbox:2, Event:3, MessageClass:IPM.Note, ClientType:WebServices",
        "message-id": "<1@contoso.example>", "recipient-address": "a@contoso.example;b@fabrikam.example",
        "message-subject": "RE: invoice, again", "sender-address": "alice@contoso.example",
        "original-client-ip": "::1", "custom-data": "S:DeliveryPriority=Normal;S:AccountForest=contoso.example",
    }  # fmt: skip
    values |= changes
    cells = [values.get(name, "") for name in TRACKING.split(",")]
    row = ",".join(f'"{cell}"' if "," in cell else cell for cell in cells)
    return head("Message Tracking Log", TRACKING, "15.00.1497.000") + row.encode() + b"\r\n"


def test_a_tracked_mail():
    event = one(tracked())
    assert event.surface == "messagetracking"
    assert event.fields["recipient-address"] == "a@contoso.example\nb@fabrikam.example"
    assert event.fields["message-subject"] == "RE: invoice, again"
    assert event.fields["ClientType"] == "WebServices"
    assert event.fields["DeliveryPriority"] == "Normal"
    assert event.host == "EX02"


def test_a_mail_that_leaves_names_the_server_that_sends_it():
    data = tracked(
        source="SMTP", **{"event-id": "SENDEXTERNAL", "server-hostname": "mx.fabrikam.example"}
    )
    assert one(data).host == "EX01.contoso.example"
    assert [host.names[0] for host in hosts(data)] == ["EX01.contoso.example"]


def test_an_export_of_the_tracking_cmdlet():
    data = (
        b'"RunspaceId","Timestamp","ClientIp","ClientHostname","ServerIp","ServerHostname","SourceContext",'
        b'"ConnectorId","Source","EventId","MessageId","Recipients","MessageSubject","Sender"\r\n'
        b'"1","9/19/2022 3:02:29 PM","","EX01","","EX02","ClientType:OWA","","STOREDRIVER","SUBMIT",'
        b'"<1@contoso.example>","a@contoso.example","RE: x","alice@contoso.example"\r\n'
    )
    event = one(data)
    assert event.surface == "messagetracking"
    assert event.fields["sender-address"] == "alice@contoso.example"
    assert event.fields["ClientType"] == "OWA"
    assert str(event.when) == "2022-09-19 15:02:29+00:00"


def test_a_queued_audit_record_is_taken_apart():
    record = (
        '{""CreationTime"":""2023-01-11T16:56:11"",""Id"":""9"",""Operation"":""New-MailboxExportRequest"",'
        '""UserId"":""CONTOSO\\\\alice"",""ClientIP"":""198.51.100.7"",""ExternalAccess"":false,""Parameters"":'
        '[{""Name"":""FilePath"",""Value"":""\\\\\\\\127.0.0.1\\\\c$\\\\x.aspx""},{""Name"":""Mailbox"",""Value"":""bob""}]}'
    )
    fields = "Timestamp,Server,TenantId,RecordType,Data,UserKey,RecordId,Operation,Workload,ResultStatus,Version,Scope"
    row = f'2023-01-11T15:56:33.189Z,EX01,0,ExchangeAdmin,"{record}",k,9,New-MailboxExportRequest,Exchange,True,1,Online'
    event = one(
        head("audit", fields).replace(b"Exchange Server", b"Exchange") + row.encode() + b"\r\n"
    )
    assert event.surface == "audit-queue"
    assert event.host == "EX01"
    assert event.fields["UserId"] == "CONTOSO\\alice"
    assert event.fields["Parameters.FilePath"] == "\\\\127.0.0.1\\c$\\x.aspx"
    assert event.fields["Parameters"] == '-FilePath "\\\\127.0.0.1\\c$\\x.aspx" -Mailbox "bob"'
    assert event.fields["ExternalAccess"] == "false"
    assert event.fields["Cmdlet"] == "New-MailboxExportRequest"


CMDLET = (
    "DateTime,StartTime,RequestId,ClientRequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,"
    "ServerHostName,ProcessId,ProcessName,ThreadId,CultureInfo,Organization,AuthenticatedUser,"
    "ExecutingUserSid,EffectiveOrganization,UserServicePlan,IsAdmin,ClientApplication,Cmdlet,Parameters"
)


def ran(user: str, cmdlet: str, parameters: str, application: str = "PowerShell") -> bytes:
    row = (
        f"2023-11-09T22:29:55.866Z,2023-11-09T22:29:48.147Z,2d91233f-4398-44c5-8a42-d1e62cd4047b,,15,1,"
        f"1713,5,EX01,6832,w3wp#MSExchangePowerShellAppPool,5,,,{user},S-1-5-21-1-2-3-500,,,True,"
        f'{application},{cmdlet},"{parameters}"\r\n'
    )
    return head("Rps Cmdlet Logs", CMDLET) + row.encode()


def test_a_cmdlet_with_its_parameters():
    event = one(
        ran(
            "Administrator",
            "New-MailboxExportRequest",
            '-Mailbox ""bob"" -ContentFilter ""Subject -eq \'x\'"" -FilePath ""\\\\127.0.0.1\\c$\\a.aspx""',
        )
    )
    assert event.surface == "rps-cmdlet"
    assert event.fields["Parameters.FilePath"] == "\\\\127.0.0.1\\c$\\a.aspx"
    assert event.fields["Parameters.Mailbox"] == "bob"
    assert event.host == "EX01"


SMTP = "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"


def test_a_line_of_an_smtp_session():
    data = head("SMTP Receive Protocol Log", SMTP, "15.0.0.0")
    data += (
        b"2023-01-11T15:59:53.909Z,EX01\\Default Frontend EX01,123453EC62278461,2,192.0.2.10:25,"
    )
    data += b"198.51.100.33:56026,<,MAIL FROM:<a@b.example> SIZE=1,\r\n"
    event = one(data)
    assert event.fields["c-ip"] == "198.51.100.33"
    assert event.fields["command"] == "MAIL"
    assert event.fields["session.direction"] == "receive"
    assert event.host == "EX01"


@pytest.mark.parametrize(
    ("kind", "fields", "row", "surface", "expected"),
    [
        (
            "OAB Generator Log",
            "Timestamp,RecordType,TraceId,OabGuid,AddressListGuid,Message",
            ("2021-03-03T06:49:53.772Z,ErrorTrace,7,5e58f5e5-1ddc-48d3-82c6-0199bc121640,,Download failed "
            "and temporary file 'C:\\inetpub\\wwwroot\\aspnet_client\\x.aspx' needs to be removed"),
            "oabgen",
            {"Message": "Download failed and temporary file 'C:\\inetpub\\wwwroot\\aspnet_client\\x.aspx' needs"
             " to be removed"},
        ),
        (
            "Rps Http Logs",
            ("DateTime,StartTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,"
            "ClientRequestId,UrlHost,UrlStem,AuthenticationType,IsAuthenticated,AuthenticatedUser,"
            "Organization,ManagedOrganization,ClientIpAddress,ServerHostName,FrontEndServer,HttpStatus,"
            "SubStatus,ErrorCode,Action,CommandId,CommandName,SessionId,ShellId,FailFast,"
            "ContributeToFailFast,RequestBytes,ClientInfo,CPU,Memory,ActivityContextLifeTime,TotalTime,"
            "UrlQuery,GenericLatency,GenericInfo,GenericErrors"),
            ("2023-11-09T22:28:48.259Z,2023-11-09T22:28:48.144Z,4e2a83c8-8e6b-4256-8c78-914f092c6012,15,1,"
            "1713,5,,mail.contoso.example,/Powershell,Kerberos,true,bob@contoso.example,,,198.51.100.148,"
            "EX01,EX01.contoso.example,200,0,,,,,,,,,3236,Python PSRP Client,,,100,100,"
            "?Email=autodiscover/autodiscover.json%3F@evil.example,,,"),
            "rps-http",
            {"cs-user-agent": "Python PSRP Client", "sc-status": "200", "c-ip": "198.51.100.148",
             "cs-uri-query": "/Powershell?Email=autodiscover/autodiscover.json%3F@evil.example"},
        ),
        (
            "Http Request Filtering Logs",
            ("DateTime,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ServerHostName,"
            "SharedCacheLatency,TotalLatency,HttpMethod,UrlHost,UrlStem,UrlQuery,ServerIP,Protocol,"
            "HeaderNames,CookieNames,ScanResult,GenericInfo,GenericErrors"),
            ("6/30/2021 10:03:57 AM,15,1,2334,0,EX01,,,POST,localhost,/ecp/x.js,,::1,FrontEnd.Ecp,"
            "Content-Length;Cookie;Host,X-BEResource,Detected,,"),
            "httpfilter",
            {"ScanResult": "Detected", "cs-uri-stem": "/ecp/x.js", "cs-method": "POST"},
        ),
        (
            "Agent Log",
            ("Timestamp,SessionId,LocalEndpoint,RemoteEndpoint,EnteredOrgFromIP,MessageId,P1FromAddress,"
            "P2FromAddresses,Recipient,NumRecipients,Agent,Event,Action,SmtpResponse,Reason,ReasonData,"
            "Diagnostics,NetworkMsgID,TenantID,Directionality"),
            ("2022-09-13T14:38:59.177Z,08DADADADA795F2F,192.0.2.10,198.51.100.33:46904,198.51.100.33,,"
            "a@b.example,a@b.example;,c@contoso.example,1,Evil Agent,OnEndOfHeaders,Drop,,,,,,,Incoming"),
            "agent",
            {"c-ip": "198.51.100.33", "Agent": "Evil Agent", "Recipient": "c@contoso.example"},
        ),
        (
            "Autodiscover Protocol Logs",
            ("DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,"
            "AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,UserAgent,ClientIpAddress,"
            "ServerHostName,FrontEndServer,SoapAction,HttpStatus,ErrorCode,RedirectType"),
            ("2021-08-10T10:00:00.000Z,5e58f5e5-1ddc-48d3-82c6-0199bc121640,15,1,2308,8,,Kerberos,true,"
            "bob@contoso.example,,ExchangeServicesClient,198.51.100.7,EX01,EX01,POX,200,,FullResponse"),
            "autodiscover",
            {"cs-user-agent": "ExchangeServicesClient", "sc-status": "200"},
        ),
        (
            "",
            ("DateTime,RequestId,MapiRequestId,ClientRequestId,RequestType,HttpStatusCode,ResponseCode,"
            "StatusCode,ReturnCode,TotalRequestLatency,DeploymentRing,MajorVersion,MinorVersion,"
            "BuildVersion,RevisionVersion,AuthenticatedUserEmail,UPN,Puid,TenantGuid,MailboxId,MDBGuid,"
            "ActAsUserEmail,ClientIP,SourceCafeServer,EdgeInfo,NetworkDeviceInfo,SessionCookie"),
            ("2022-08-10T10:00:00.000Z,5e58f5e5-1ddc-48d3-82c6-0199bc121640,,,Execute,200,0,0,,5,,15,2,1118,"
            "7,alice@contoso.example,,,,m,d,bob@contoso.example,198.51.100.7,EX01,,,"),
            "mapihttp",
            {"cs-username": "alice@contoso.example", "ActAsUserEmail": "bob@contoso.example",
             "c-ip": "198.51.100.7"},
        ),
    ],
)  # fmt: skip
def test_other_kinds(kind: str, fields: str, row: str, surface: str, expected: dict[str, str]):
    event = one(head(kind, fields) + row.encode() + b"\r\n")
    assert event.surface == surface
    assert {name: event.fields.get(name) for name in expected} == expected
    # The columns alone tell it too, in a plain header.
    assert one(fields.encode() + b"\r\n" + row.encode() + b"\r\n").surface == surface


def test_probes_are_told_by_account_and_source_together():
    mailbox = "CONTOSO\\HealthMailboxb4dbf9b"
    inside = one(
        proxy(AuthenticatedUser=mailbox, ClientIpAddress="::1", UrlStem="/ews/exchange.asmx")
    )
    assert inside.fields["probe-account"] == mailbox
    inside = one(
        proxy(UserAgent="AMProbe/Local/ClientAccess", ClientIpAddress="127.0.0.1", UrlStem="/ews/")
    )
    assert inside.fields["probe-agent"] == "AMProbe/Local/ClientAccess"


@pytest.mark.parametrize(
    "changes",
    [
        {"UserAgent": "AMProbe/Local/ClientAccess"},
        {
            "UserAgent": "AMProbe/Local/ClientAccess",
            "ClientIpAddress": "127.0.0.1",
            "UrlStem": "/owa/auth/x.aspx",
        },
        {
            "UserAgent": "AMProbe/Local/ClientAccess",
            "ClientIpAddress": "::1",
            "UrlStem": "/ecp/y.js",
        },
        {
            "UserAgent": "AMProbe/Local",
            "ClientIpAddress": "::1",
            "UrlStem": "/ews/",
            "AnchorMailbox": "ServerInfo~a]@x/y",
        },
        {"AuthenticatedUser": "CONTOSO\\HealthMailboxb4dbf9b"},
        {"AuthenticatedUser": "CONTOSO\\notHealthMailboxb4dbf9b", "ClientIpAddress": "::1"},
        {
            "AuthenticatedUser": "CONTOSO\\alice",
            "UserAgent": "AMProbe/x",
            "ClientIpAddress": "::1",
            "UrlStem": "/ews/",
        },
        {
            "AuthenticatedUser": "CONTOSO\\HealthMailboxb4dbf9b",
            "ClientIpAddress": "::1",
            "UrlStem": "/autodiscover/autodiscover.json",
            "UrlQuery": "?@evil.example/powershell?X-Rps-CAT=VgEA",
        },
    ],
)
def test_nobody_becomes_a_probe_by_calling_himself_one(changes: dict[str, str]):
    fields = one(proxy(**changes)).fields
    assert "probe-agent" not in fields
    assert "probe-account" not in fields


def test_cmdlets_of_a_health_mailbox_are_probes_only_while_they_read():
    assert "probe-account" in one(ran("HealthMailboxb4dbf9b", "Get-Mailbox", "")).fields
    written = one(ran("HealthMailboxb4dbf9b", "New-MailboxExportRequest", '-Mailbox ""a""'))
    assert "probe-account" not in written.fields


def test_mails_between_health_mailboxes_are_probes():
    mailbox = "HealthMailboxb4dbf9b@contoso.example"
    fields = one(tracked(**{"sender-address": mailbox, "recipient-address": mailbox})).fields
    assert "probe-account" in fields
    fields = one(
        tracked(
            **{"sender-address": mailbox, "recipient-address": f"{mailbox};bob@contoso.example"}
        )
    ).fields
    assert "probe-account" not in fields


def test_a_value_with_line_ends_costs_no_other_row():
    data = head("Message Tracking Log", TRACKING)
    row = tracked().splitlines()[-1]
    broken = row.replace(b"RE: invoice, again", b"RE: invoice,\nagain")
    events, others = rows(data + row + b"\r\n" + broken + b"\r\n" + row + b"\r\n")
    assert len(events) == 3
    assert len(others) == 1
    assert events[1].fields["message-subject"] == "RE: invoice,"


@pytest.mark.parametrize(
    "data",
    [
        b'"Name","Fqdn","AdminDisplayVersion","ServerRole"\r\n"EX01","EX01.contoso.example","Version 15.1","Mailbox"\r\n',
        b"time,host,message\n2021-03-03T06:49:42Z,web,hello\n",
        b"org,server,channel,observed_id,count,first_seen,last_seen\n",
        b"2021-03-03T06:49:42Z,1,2,3\n",
        b"#Software: Microsoft Exchange Server\r\n#Version: 15.0.0.0\r\n#Log-type: ADDriver\r\n#Fields: a,b,c\r\n",
        b"a,b,c\n1,2,3\n",
    ],
)
def test_other_files_are_left_to_others(data: bytes):
    found = recognise(data)
    assert found is None or found.name != "exchange-log"


@pytest.mark.parametrize(
    ("name", "surface", "count"),
    [
        ("artefacts_help/AgentLog20220913-1.LOG", "agent", 2),
        ("artefacts_help/Autodiscover_HttpProxy_2023010919-1.LOG", "httpproxy", 1),
        ("artefacts_help/Eas_HttpProxy_2023011116-1.LOG", "httpproxy", 1),
        ("artefacts_help/Ecp_HttpProxy_2023010611-1.LOG", "httpproxy", 1),
        ("artefacts_help/Ews_HttpProxy_2023010601-1.LOG", "httpproxy", 1),
        ("artefacts_help/Mapi_HttpProxy_2023010601-1.LOG", "httpproxy", 3),
        ("artefacts_help/Owa_HttpProxy_2023010602-1.LOG", "httpproxy", 1),
        ("artefacts_help/PowerShell_HttpProxy_2023011116-1.LOG", "httpproxy", 2),
        ("artefacts_help/RpcHttp_HttpProxy_2023010708-1.LOG", "httpproxy", 1),
        ("artefacts_help/ECPServer20230111-1.LOG", "ecp-server", 1),
        ("artefacts_help/ECPActivity_11500_20230111-1.LOG", "ecp-activity", 2),
        ("artefacts_help/Ews_2023010616-1.LOG", "ews", 1),
        ("artefacts_help/MSGTRKMS2022091915-1.LOG", "messagetracking", 2),
        ("artefacts_help/RECV2023011116-1.LOG", "smtp", 16),
        ("artefacts_help/Rps_Cmdlet_2023011116-1.LOG", "rps-cmdlet", 1),
        ("artefacts_help/audit20230111-1.LOG", "audit-queue", 1),
        ("helsecert/httpproxy_ecp_selected_columns.csv", "httpproxy", 11),
        ("helsecert/ecpserver_selected_columns.log", "ecp-server", 17),
        ("helsecert/httpproxy_owa_selected_columns_1.csv", "httpproxy", 5),
        ("helsecert/httpproxy_owa_selected_columns_2.csv", "httpproxy", 69),
    ],
)
def test_every_row_of_a_real_log_is_read(shared: Path, name: str, surface: str, count: int):
    data = (shared / "samples/logs/exchange" / name).read_bytes()
    assert log_of(data)[1].surface == surface
    events, others = rows(data)
    dated = [line for line in data.splitlines() if line.strip(b'"').startswith(b"20")]
    assert len(events) == count == len(dated)
    assert all(b",20" not in b"," + line for line in others)


@pytest.mark.parametrize("form", ["no header", "plain header", "UTF-16"])
def test_real_logs_without_their_header(shared: Path, form: str):
    for path in sorted((shared / SAMPLES).iterdir()):
        data = path.read_bytes()
        _, whole = log_of(data)
        lines = data.splitlines(keepends=True)
        body = b"".join(line for line in lines if not line.startswith(b"#"))
        fields = next(line for line in lines if line.startswith(b"#Fields: "))[9:]
        other = {
            "no header": body,
            "plain header": fields + body,
            "UTF-16": data.decode().encode("utf-16"),
        }[form]
        _, layout = log_of(other)
        assert (layout.surface, layout.columns) == (whole.surface, whole.columns), path.name


def test_the_inventory_lists_the_server_of_logs_with_its_build(shared: Path, tmp_path: Path):
    told = subprocess.run(
        [sys.executable, "-m", "tocsin", "--lang", "en", "inventory", shared / SAMPLES],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    assert "SERVER-HOSTNAME.domain.test" in told
    assert "2016 CU22" in told
    assert "recognised 16, skipped 0" in told


@pytest.mark.parametrize("form", ["later version", "cut", "found by a search"])
def test_rows_of_the_proxy_without_header_in_other_forms(shared: Path, form: str):
    for path in sorted((shared / SAMPLES).glob("*HttpProxy*")):
        data = path.read_bytes()
        expected, _ = rows(data)
        lines = [line for line in data.splitlines() if not line.startswith(b"#")]
        other = {
            "later version": [line + b",a,b,c" for line in lines],
            "cut": [line[:900] for line in lines],
            "found by a search": [b"D:\\logs\\HttpProxy_1.LOG:7:" + line for line in lines],
        }[form]
        events, others = rows(b"\r\n".join(other) + b"\r\n")
        assert not others
        for one_event, whole in zip(events, expected, strict=True):
            for name in ("cs-uri-query", "cs-user-agent", "sc-status", "AnchorMailbox", "c-ip"):
                assert one_event.fields.get(name) == whole.fields.get(name), (path.name, name)
            assert one_event.when == whole.when


def test_the_invented_logs_of_one_server():
    told: dict[str, int] = {}
    servers = set()
    for path in sorted(DATA.iterdir()):
        events, others = rows(path.read_bytes())
        assert not others
        told[path.name] = len(events)
        servers |= {host.names[0] for host in hosts(path.read_bytes())}
    assert told == {
        "ECPServer20210305-1.LOG": 2,
        "HttpProxy_2021030503-1.LOG": 3,
        "u_ex210305.log": 4,
    }
    assert servers == {"EX01", "ex01.contoso.example"}
