"""configuration: what IIS and Exchange's transport load, whether it is shipped, and no secret ever."""

import io
import json

import pytest

from tocsin.formats import Reading, recognise
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.locator import Locator

EXCHANGE = "E:\\Exchange\\V15"
APPLICATION_HOST = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- IIS configuration sections. -->
<configuration>
  <configSections><sectionGroup name="system.applicationHost" /></configSections>
  <system.applicationHost>
    <applicationPools>
      <add name="MSExchangeOWAAppPool" managedRuntimeVersion="v4.0">
        <processModel identityType="SpecificUser" userName="CONTOSO\\svc" password="Sommer2024!" />
      </add>
    </applicationPools>
    <sites>
      <site name="Exchange Back End" id="2">
        <application path="/owa" applicationPool="MSExchangeOWAAppPool">
          <virtualDirectory path="/" physicalPath="{EXCHANGE}\\ClientAccess\\owa" />
          <virtualDirectory path="/auth/temp" physicalPath="C:\\ProgramData\\COM" userName="u" password="Winter1!" />
        </application>
        <logFile logFormat="W3C" directory="D:\\logs" enabled="false" logTargetW3C="ETW" />
      </site>
    </sites>
  </system.applicationHost>
  <system.webServer>
    <globalModules>
      <add name="StaticFileModule" image="%windir%\\System32\\inetsrv\\static.dll" />
      <add name="cafe_exppw" image="{EXCHANGE}\\FrontEnd\\HttpProxy\\bin\\exppw.dll" />
      <add name="UpData" image="C:\\Windows\\System32\\system.dll" />
      <add name="HttpLoggingModule" image="C:\\Windows\\Temp\\loghttp.dll" />
    </globalModules>
    <httpLogging dontLog="true" />
    <handlers><add name="x" path="*.config" verb="*" modules="IsapiModule" scriptProcessor="asp.dll" /></handlers>
  </system.webServer>
  <location path="Default Web Site/owa">
    <system.webServer>
      <modules>
        <add name="Session" type="System.Web.SessionState.SessionStateModule" />
        <add name="OwaModule" type="Microsoft.Exchange.Clients.Owa.Core.OwaModule,Microsoft.Exchange.Clients.Owa" />
        <add name="Health" type="Health.Module, Health" preCondition="managedHandler" />
        <remove name="WindowsAuthentication" />
      </modules>
    </system.webServer>
    <system.web>
      <machineKey validationKey="AABBCCDDEEFF" decryptionKey="AutoGenerate,IsolateApps" validation="SHA1" />
    </system.web>
  </location>
  <connectionStrings><add name="db" connectionString="Password=Geheim1" /></connectionStrings>
  <appSettings><add key="ClientSecret" value="Geheim2" /></appSettings>
</configuration>
"""
SECRETS = ("Sommer2024", "Winter1", "AABBCC", "Geheim", "svc", "AutoGenerate")
AGENTS = f"""<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <mexRuntime>
    <monitoring><messageSnapshot enabled="true" /></monitoring>
    <agentList>
      <agent name="Transport Rule Agent" baseType="Microsoft.Exchange.Data.Transport.Routing.RoutingAgent"
        classFactory="Microsoft.Exchange.MessagingPolicies.TransportRuleAgent.TransportRuleAgentFactory"
        assemblyPath="{EXCHANGE}\\TransportRoles\\agents\\Rule\\Microsoft.Exchange.MessagingPolicies.TransportRuleAgent.dll"
        enabled="true" isCritical="true" />
      <agent name="Security Interop Agent" baseType="x" classFactory="Interop.Factory"
        assemblyPath="C:\\Exchange\\TransportRoles\\agents\\Interop.dll" enabled="true" />
    </agentList>
  </mexRuntime>
</configuration>
"""


def parse(data: bytes, source: str = ""):
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "configuration"
    found = list(form.log.named(io.BytesIO(data), source))
    records = [each for each in found if isinstance(each, LogRecord)]
    events = [form.log.event(each.text) for each in records]
    assert all(each.surface == "configuration" for each in events)
    return records, [each for each in found if isinstance(each, LogFault)], events


def pick(events, **wanted):
    found = [e.fields for e in events if wanted.items() <= e.fields.items()]
    assert len(found) == 1, (wanted, found)
    return found[0]


def test_modules_directories_logging_and_pools():
    records, faults, events = parse(
        APPLICATION_HOST.encode(), "case.zip!config/applicationHost.config"
    )
    assert not faults
    assert pick(events, element="globalModules", name="StaticFileModule")["shipped"] == "yes"
    assert pick(events, element="globalModules", name="cafe_exppw")["shipped"] == "yes"
    bad = pick(events, element="globalModules", name="UpData")
    assert bad["shipped"] == "no"
    assert bad["image"] == "C:\\Windows\\System32\\system.dll"
    assert bad["filename"] == "applicationHost.config"
    # The right name and file, from where it does not belong.
    assert pick(events, element="globalModules", name="HttpLoggingModule")["shipped"] == "no"
    assert pick(events, element="virtualDirectory", path="/")["shipped"] == "yes"
    odd = pick(events, element="virtualDirectory", path="/auth/temp")
    assert odd["shipped"] == "no"
    assert odd["physicalPath"] == "C:\\ProgramData\\COM"
    assert odd["site"] == "Exchange Back End"
    assert odd["application"] == "/owa"
    assert pick(events, element="httpLogging")["dontLog"] == "true"
    assert pick(events, element="logFile")["enabled"] == "false"
    assert pick(events, element="logFile")["logTargetW3C"] == "ETW"
    assert pick(events, element="handlers")["scriptProcessor"] == "asp.dll"
    session = pick(events, element="modules", name="Session")
    assert (session["shipped"], session["location"]) == ("yes", "Default Web Site/owa")
    assert pick(events, element="modules", name="OwaModule")["shipped"] == "unknown"
    assert pick(events, element="modules", name="Health")["shipped"] == "no"
    assert pick(events, element="modules", action="remove")["name"] == "WindowsAuthentication"
    place = next(r.position for r in records if b"UpData" in r.text)
    assert (
        place == f"line {APPLICATION_HOST[: APPLICATION_HOST.index('UpData')].count(chr(10)) + 1}"
    )


def test_no_secret_is_copied():
    records, _, events = parse(APPLICATION_HOST.encode())
    key = pick(events, element="machineKey")
    assert (key["validationKey"], key["decryptionKey"]) == ("stated", "generated")
    whole = b"".join(each.text for each in records) + json.dumps([e.raw for e in events]).encode()
    assert not [each for each in SECRETS if each.encode() in whole]


def test_transport_agents():
    _, faults, events = parse(AGENTS.encode("utf-8-sig"))
    assert not faults
    good = pick(events, element="agent", name="Transport Rule Agent")
    assert (good["shipped"], good["enabled"]) == ("yes", "true")
    bad = pick(events, element="agent", name="Security Interop Agent")
    assert bad["shipped"] == "no"
    assert bad["AssemblyPath"] == "C:\\Exchange\\TransportRoles\\agents\\Interop.dll"
    assert bad["TransportAgentFactory"] == "Interop.Factory"


def test_a_configuration_that_is_a_page():
    text = (
        '<?xml version="1.0"?><configuration><system.webServer><handlers>'
        '<add name="w" path="web.config" verb="*" modules="IsapiModule" scriptProcessor="asp.dll"/>'
        "</handlers></system.webServer></configuration>\n<!-- <% x = 1 %> -->"
    )
    _, _, events = parse(text.encode())
    assert "configuration_runs_code" in pick(events, element="file")["yara"]


@pytest.mark.parametrize("cut", [700, 1500, 2200])
def test_rows_before_a_fault_are_kept(cut):
    _, faults, events = parse(APPLICATION_HOST.encode()[:cut])
    assert len(faults) == 1
    assert faults[0].position.startswith("behind line ")
    assert events


def test_entities_are_refused():
    form = recognise(APPLICATION_HOST.encode())
    bomb = (
        b'<!DOCTYPE a [<!ENTITY b "c">]><configuration><system.web>&b;</system.web></configuration>'
    )
    assert [type(each) for each in form.log.records(io.BytesIO(bomb))] == [LogFault]
    deep = b"<configuration>" + b"<a>" * 100_000
    assert [type(each) for each in form.log.records(io.BytesIO(deep))] == [LogFault]


def test_other_xml_is_not_taken():
    for text in (
        "<configuration/>",
        "<?xml version='1.0'?><nmaprun></nmaprun>",
        "<Objs></Objs>",
        "x",
    ):
        assert recognise(text.encode()) is None or recognise(text.encode()).name != "configuration"
    form = recognise(AGENTS.encode())
    found = list(form.read(io.BytesIO(AGENTS.encode()), Locator(source="x"), Reading()))
    assert [each.body.records for each in found] == [2]


AGENT = {
    "Identity": "Security Interop Agent",
    "Enabled": True,
    "Priority": 11,
    "TransportAgentFactory": "Interop.Factory",
    "AssemblyPath": "C:\\Exchange\\TransportRoles\\agents\\Interop.dll",
}
LISTED = {
    "JSON": json.dumps([AGENT]),
    "CSV": ",".join(AGENT) + "\n" + ",".join(f'"{each}"' for each in AGENT.values()) + "\n",
    "list": "\n\n" + "".join(f"{name:<24}: {value}\n" for name, value in AGENT.items()) + "\n",
}


@pytest.mark.parametrize("name", LISTED)
def test_agents_as_the_cmdlet_lists_them(name):
    _, faults, (event,) = parse(LISTED[name].encode("utf-16" if name == "list" else "utf-8"))
    assert not faults
    assert event.fields["element"] == "agent"
    assert event.fields["name"] == "Security Interop Agent"
    assert event.fields["AssemblyPath"] == AGENT["AssemblyPath"]
    assert (event.fields["enabled"], event.fields["shipped"]) == ("true", "no")


def test_modules_as_the_cmdlet_lists_them():
    module = {"Name": "UpData", "Image": "C:\\Windows\\System32\\system.dll", "PreCondition": ""}
    _, _, (event,) = parse(json.dumps(module).encode())
    assert (event.fields["element"], event.fields["shipped"]) == ("globalModules", "no")
