"""Exchange's text logs (`exchange-log`): rows, columns of every version, servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from log_reading import hosts, log_of, rows

ECP = (
    b"\xef\xbb\xbf#Software: Microsoft Exchange Server\r\n#Version: 15.0.0.0\r\n"
    b"#Log-type: ECP Server Log\r\n#Date: 2021-03-03T00:01:18.223Z\r\n"
    b"#Fields: TimeStamp,ServerName,EventId,EventData\r\n"
)


def test_the_command_of_the_admin_center_is_a_field():
    row = (
        b"2021-03-03T06:49:53.772Z,EX01,ECP.Request,\"S:TIME=13;'S:CMD=Set-OabVirtualDirectory."
        b"ExternalUrl=''http://f/<script language=\"\"JScript\"\">a;b</script>''.Identity=''x''';"
        b'S:URL=/ecp/DDI/DDIService.svc/SetObject?msExchEcpCanary=abc.&schema=OABVirtualDirectory"\r\n'
    )
    (event,), others = rows(ECP + row)
    assert not others
    assert event.surface == "ecp-server"
    assert event.host == "EX01"
    assert event.fields["Cmdlet"] == "Set-OabVirtualDirectory"
    assert '<script language="JScript">a;b</script>' in event.fields["CMD"]
    assert event.fields["CMD"].endswith("Identity='x'")
    assert event.fields["msExchEcpCanary"] == "abc."
    assert event.fields["cs-uri-stem"] == "/ecp/DDI/DDIService.svc/SetObject"


@pytest.mark.parametrize(
    ("name", "surface", "count"),
    [
        ("artefacts_help/Ecp_HttpProxy_2023010611-1.LOG", "httpproxy", 1),
        ("artefacts_help/ECPServer20230111-1.LOG", "ecp-server", 1),
        ("artefacts_help/ECPActivity_11500_20230111-1.LOG", "ecp-activity", 2),
        ("helsecert/httpproxy_ecp_selected_columns.csv", "httpproxy", 11),
        ("helsecert/ecpserver_selected_columns.log", "ecp-server", 17),
        ("helsecert/httpproxy_owa_selected_columns_1.csv", "httpproxy", 5),
        ("helsecert/httpproxy_owa_selected_columns_2.csv", "httpproxy", 69),
    ],
)
def test_every_row_of_a_real_log_is_read(shared: Path, name: str, surface: str, count: int):
    data = (shared / "samples/logs/exchange" / name).read_bytes()
    assert log_of(data)[1].surface == surface
    assert len(rows(data)[0]) == count


def test_a_log_names_its_server_and_the_build(shared: Path):
    data = (
        shared / "samples/logs/exchange/artefacts_help/Ecp_HttpProxy_2023010611-1.LOG"
    ).read_bytes()
    told = {host.names[0]: host.version for host in hosts(data)}
    version = told["SERVER-HOSTNAME"]
    assert version is not None
    assert (version.major, version.minor, version.build) == (15, 1, 2375)
