"""Log files made of the tables in tests/data/hunt_variants: one for each case, as its writer writes it."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "data" / "hunt_variants"
SYSMON = "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon"
AUDIT = "Security", "Microsoft-Windows-Security-Auditing"
VERSION = {
    "MajorVersion": "15",
    "MinorVersion": "1",
    "BuildVersion": "2106",
    "RevisionVersion": "2",
    "RequestId": "5e58f5e5-1ddc-48d3-82c6-0199bc120001",
}
KINDS = {  # kind of log: `#Log-type`
    "httpproxy": "HttpProxy Logs",
    "rps-http": "Rps Http Logs",
    "ews": "EWS Logs",
    "ecp-server": "ECP Server Log",
    "rps-cmdlet": "Rps Cmdlet Logs",
}
ORDINARY = {  # a row of everyday life that stands before each case
    "httpproxy": "Protocol=Owa ~~ UrlStem=/owa/ ~~ IsAuthenticated=true ~~ Method=GET"
    " ~~ AuthenticatedUser=CONTOSO\\bob ~~ AnchorMailbox=Sid~S-1-5-21-1-2-3-1107 ~~ HttpStatus=200",
    "ecp-server": "S:TIME=3;S:SID=x;S:CMD=Get-InboxRule;S:URL=/ecp/RulesEditor/InboxRules.svc/GetList",
    "rps-cmdlet": 'CONTOSO\\admin ~~ ManagementShell ~~ Get-Mailbox ~~ -Identity "anna"',
}


@dataclass
class Case:
    """One line of a table. steps: one of them must be told. outcomes: those that are right."""

    kind: str
    name: str
    steps: set[str]
    outcomes: set[str]
    rows: list[str] = field(default_factory=list)
    folder: Path = FOLDER


def cases() -> list[Case]:
    """All cases, in the order of the tables; those of later waves behind the first."""
    found: list[Case] = []
    for path in [*sorted(FOLDER.glob("*.txt")), *sorted(FOLDER.glob("*/*.txt"))]:
        if path.stem == "columns":
            continue
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("+ "):
                found[-1].rows.append(line[2:])
            elif not line.startswith("#"):
                name, steps, outcomes, row = line.split(" | ", 3)
                case = Case(path.stem, name, set(steps.split()), set(outcomes.split()), [row])
                case.folder = path.parent
                found.append(case)
    return found


@cache
def _packed(folder: Path) -> dict[str, bytes]:
    """Files of a wave that are packed, by name: logs of whole days are small only so."""
    with tarfile.open(folder / "files.tar.xz") as packed:
        return {
            Path(each.name).name: packed.extractfile(each).read()
            for each in packed
            if each.isfile()
        }


def _file(folder: Path, name: str) -> bytes:
    if (folder / "files.tar.xz").exists():
        return _packed(folder)[name]
    return (folder / "files" / name).read_bytes()


def write(case: Case, number: int, folder: Path) -> None:
    """The case's file; `number` gives it a server and a client of its own."""
    if case.kind == "files":
        name = case.rows[0]
        (folder / f"{case.name}{Path(name).suffix}").write_bytes(_file(case.folder, name))
        return
    if case.kind == "iis":
        text, end = w3c(case.rows, number), ".log"
    elif case.kind == "windows":
        text, end = windows(case.rows, number), ".json"
    elif case.kind == "m365":
        text, end = audit(case.rows, number), ".json" if number % 2 else ".csv"
    else:
        text, end = exchange(case.kind, case.rows, number), ".LOG"
    (folder / f"{case.name}{end}").write_text(text, "utf-8", newline="")


def client(number: int) -> str:
    return f"203.0.113.{number % 250 + 1}"


def w3c(rows: list[str], number: int) -> str:
    cookies = any(row.count(" ") > 6 for row in rows)
    columns = (
        "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent)"
        f"{' cs(Cookie)' if cookies else ''} cs(Referer) sc-status sc-substatus sc-win32-status"
        " time-taken"
    )
    lines = [
        "#Software: Microsoft Internet Information Services 10.0",
        "#Version: 1.0",
        "#Date: 2021-03-05 03:00:00",
        f"#Fields: {columns}",
    ]
    logon = "url=https://mail.contoso.example/owa/&reason=0"
    told = [
        (f"GET /owa/auth/logon.aspx {logon} 443 - Mozilla/5.0+(Windows+NT+10.0) 200", "192.0.2.44")
    ]
    told += [("GET /owa/healthcheck.htm - 443 - KEMP 200", "192.0.2.250")]
    told += [(row, client(number)) for row in rows]
    for second, (row, address) in enumerate(told):
        method, stem, query, port, user, agent, status, *cookie = row.split(" ")
        words = ["2021-03-05", f"03:00:{second:02}", f"10.1.{number // 250}.{number % 250 + 1}"]
        words += [method, stem, query, port, user, address, agent]
        words += [*cookie, *["-"][len(cookie) :]] if cookies else []
        lines.append(" ".join([*words, "-", *(*status.split("."), "0", "0")[:3], "61"]))
    return "\r\n".join(lines) + "\r\n"


def pairs(row: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in row.split(" ~~ "))


def exchange(kind: str, rows: list[str], number: int) -> str:
    table = (FOLDER / "columns.txt").read_text("utf-8").splitlines()
    columns = next(line.split(" | ")[1] for line in table if line.startswith(f"{kind} | "))
    text = io.StringIO()
    text.write("\ufeff#Software: Microsoft Exchange Server\r\n#Version: 15.01.2106.002\r\n")
    text.write(
        f"#Log-type: {KINDS[kind]}\r\n#Date: 2021-03-05T03:00:00.130Z\r\n#Fields: {columns}\r\n"
    )
    writer = csv.DictWriter(text, columns.split(","), extrasaction="ignore", lineterminator="\r\n")
    ordinary = [ORDINARY[kind]] if kind in ORDINARY else []
    for second, row in enumerate([*ordinary, *rows]):
        when = f"2021-03-05T03:06:{second:02}.162Z"
        cells = {
            **VERSION,
            "DateTime": when,
            "StartTime": when,
            "TimeStamp": when,
            "EventId": "ECP.Request",
            "ServerHostName": f"EX{number:03}",
            "ServerName": f"EX{number:03}",
            "UrlHost": "mail.contoso.example",
            "ClientIpAddress": client(number),
        }
        if kind == "ecp-server":
            cells["EventData"] = row
        else:
            cells |= cmdlet(row) if kind == "rps-cmdlet" else pairs(row)
        writer.writerow(cells)
    return text.getvalue()


def cmdlet(row: str) -> dict[str, str]:
    user, application, name, parameters, *error = row.split(" ~~ ")
    return {
        "AuthenticatedUser": user,
        "ExecutingUserSid": "S-1-5-21-1-2-3-500",
        "ProcessName": "w3wp#MSExchangePowerShellAppPool",
        "ClientApplication": application,
        "Cmdlet": name,
        "Parameters": parameters,
        "ErrorType": "".join(error),
        "ExecutionResult": "Error" if error else "Success",
    }


def event(
    where: tuple[str, str], event_id: int, data: dict[str, object], place: tuple[int, int]
) -> str:
    """One event, as evtx_dump or (an even number) winlogbeat writes it."""
    (channel, provider), (number, second) = where, place
    host, when = f"EX{number:03}.contoso.example", f"2021-03-05T03:06:{second:02}.123456Z"
    if number % 2:
        system = {
            "Provider": {"#attributes": {"Name": provider}},
            "EventID": event_id,
            "TimeCreated": {"#attributes": {"SystemTime": when}},
            "EventRecordID": 1000 + second,
            "Channel": channel,
            "Computer": host,
        }
        return json.dumps({"Event": {"System": system, "EventData": data}})
    values = data.get("Data")
    if isinstance(values, dict):
        data = {f"param{at}": value for at, value in enumerate(values["#text"], 1)}
    log = {
        "channel": channel,
        "provider_name": provider,
        "event_id": str(event_id),
        "computer_name": host,
        "record_id": 1000 + second,
        "event_data": data,
    }
    return json.dumps({"@timestamp": when, "winlog": log, "agent": {"type": "winlogbeat"}})


def windows(rows: list[str], number: int) -> str:
    lines = [event(AUDIT, 4624, {"TargetUserName": "bob", "LogonType": "3"}, (number, 0))]
    for second, row in enumerate(rows, 1):
        form, _, rest = row.partition(" ")
        parts, place = rest.split(" ~~ "), (number, second)
        if form == "proc":
            lines.append(process(parts, place))
        elif form == "mgmt":
            who = [
                "contoso.example/Users/Administrator",
                "S-1-5-21-1-2-3-500",
                "S-1-5-21-1-2-3-500",
            ]
            how = [
                "Remote-ManagementShell-Unknown",
                "8372 w3wp#MSExchangePowerShellAppPool",
                "",
                "55",
            ]
            text = [*parts[:2], *who, *how, "00:00:00.5", "View Entire Forest: False", *parts[2:]]
            where = "MSExchange Management", "MSExchange CmdletLogs"
            number_of_event = 6 if parts[2:] else 1
            lines.append(event(where, number_of_event, {"Data": {"#text": text}}, place))
        else:
            data: dict[str, object] = dict(each.split("=", 1) for each in parts[3:])
            unnamed = [value for key, value in data.items() if key.startswith("#")]
            data = {"Data": {"#text": unnamed}} if unnamed else data
            lines.append(event((parts[0], parts[1]), int(parts[2]), data, place))
    return "\n".join(lines) + "\n"


def process(parts: list[str], place: tuple[int, int]) -> str:
    """A program's start, by Sysmon or by the security audit."""
    parent, image, command = parts
    if place[0] % 4 < 2:
        data = {"Image": image, "CommandLine": command, "ParentImage": parent}
        data |= {"ParentCommandLine": parent, "User": "NT AUTHORITY\\SYSTEM"}
        return event(SYSMON, 1, data, place)
    data = {"NewProcessName": image, "CommandLine": command, "ParentProcessName": parent}
    return event(AUDIT, 4688, data | {"SubjectUserName": f"EX{place[0]:03}$"}, place)


def audit(rows: list[str], number: int) -> str:
    records = [
        {
            "CreationTime": f"2021-03-05T03:06:{second:02}",
            "Id": f"00000000-0000-4000-8000-{number:08}{second:04}",
            "OrganizationId": f"00000000-0000-4000-8000-{number:012}",
            **json.loads(row),
        }
        for second, row in enumerate(rows)
    ]
    if number % 2:
        return "".join(json.dumps(each) + "\n" for each in records)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    names = ["Id", "CreationTime", "RecordType", "Operation", "UserId"]
    writer.writerow(["RecordId", "CreationDate", "RecordType", "Operation", "UserId", "AuditData"])
    writer.writerows([*(each[name] for name in names), json.dumps(each)] for each in records)
    return text.getvalue()
