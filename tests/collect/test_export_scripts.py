"""The export scripts: read-only, complete, without secrets; and the door that writes them out."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell

sys.path.insert(0, str(Path(__file__).parent))

from powershell_words import HARMLESS, OWN, commands, problems, strings, words

from tocsin.collect.export_scripts import scripts
from tocsin.formats import Reading, tocsin_export
from tocsin.knowledge.checks import checks
from tocsin.knowledge.hybrid import kinds
from tocsin.knowledge.hybrid_values import enumeration
from tocsin.model.evidence import Evidence, Inquiry, Setting
from tocsin.model.locator import Locator

ROOT = Path(__file__).resolve().parent.parent.parent
ON_PREMISES = "Export-TocsinEvidence.ps1"
ONLINE = "Export-TocsinEvidence-ExchangeOnline.ps1"
GRAPH = "Export-TocsinEvidence-Graph.ps1"
SCRIPTS = {name: content.decode("ascii") for name, content in scripts().items()}
OF_SERVERS = """ExchangeServer HybridConfiguration OrganizationConfig SendConnector ReceiveConnector
        ADPermission AcceptedDomain RemoteDomain TransportConfig AuthConfig AuthServer
        PartnerApplication SettingOverride ExchangeCertificate OrganizationRelationship
        IntraOrganizationConnector IntraOrganizationConfiguration FederationTrust EdgeSubscription
        WebServicesVirtualDirectory EcpVirtualDirectory MapiVirtualDirectory OwaVirtualDirectory
        ADGroup ADComputer ADObject"""
OF_ONLINE = """InboundConnector OutboundConnector OnPremisesOrganization OrganizationConfig
        AcceptedDomain RemoteDomain TransportRule HostedConnectionFilterPolicy
        OrganizationRelationship IntraOrganizationConnector MigrationEndpoint MigrationBatch ArcConfig
        OnPremServerReportInfo TenantExemptionInfo"""
OF_GRAPH = """ServicePrincipal Application ServicePrincipalAppRoleAssignment
        ServicePrincipalAppRoleAssignedTo ApplicationOwner DirectoryRole DirectoryRoleMember
        Organization"""
each_script = pytest.mark.parametrize("name", SCRIPTS)


def test_there_are_three():
    assert set(SCRIPTS) == {ON_PREMISES, ONLINE, GRAPH}


@each_script
def test_nothing_but_get(name: str):
    assert problems(SCRIPTS[name]) == []
    assert {c for c in commands(SCRIPTS[name]) if not c.startswith("Get-")} <= HARMLESS | OWN


@each_script
@pytest.mark.parametrize(
    "planted",
    [
        "Set-SendConnector -Identity x -Enabled $false",
        "New-InboundConnector",
        "Remove-Item C:\\x",
        "$x = @(Get-Thing | Set-Thing)",
        "$y = (Update-Thing)",
        "if ($x) { Disable-Thing }",
        "if (-not $x) { return Clear-Thing }",
        "foreach ($x in Enable-Thing) { $x }",
        "@{ a = Set-Thing }",
        "Invoke-Expression 'x'",
        "Invoke-Command -ComputerName x { Get-Item y }",
        "iex $x",
        "Get-Thing | iex",
        "Get-Thing |\n    iex",
        "& $x",
        "& 'Set-Thing'",
        "$x = & $y",
        ". $x",
        ". .\\other.ps1",
        "$read.Invoke()",
        "$x.'Invoke'()",
        "$x.$y()",
        "$x.Delete()",
        "$x.CommitChanges()",
        "$x.Enabled = $false",
        "[scriptblock]::Create('x')",
        "[System.IO.File]::Delete('x')",
        "[System.Diagnostics.Process]::Start('x')",
        "$x = [ADSI] 'LDAP://x'",
        "$x = [wmi] 'x'",
        "[PowerShell]::Create()",
        "$ExecutionContext.InvokeCommand",
        "Get-Thing > C:\\x",
        "${C:\\x} = 1",
        "$env:PATH = 'x'",
        "$function:Ask = $y",
        "rm C:\\x",
        "sc C:\\x 'y'",
        "net.exe user",
        "% { 1 }",
        "Get-Thing | % { 1 }",
        "Get-Thing | ForEach-Object Delete",
        "Get-Thing | ForEach-Object -MemberName Delete",
        "Get-Thing | ForEach-Object -Process $Other",
        "Get-Thing; Stop-Process -Id 1",
        "In`voke-Expression 'x'",
        '"$(Set-Thing)"',
        "@'\nx\n'@",
        "function Set-Thing { Get-Thing }",
        "Start-Process x",
        "start x",
        "try { x } catch { y } finally { z }",
        "Set-Content x y",
        "Out-File x",
    ],
)
def test_anything_else_is_found_wherever_it_stands(name: str, planted: str):
    script = SCRIPTS[name]
    after = script.index("#endregion\n") + len("#endregion\n")
    for text in (
        f"{script}\n{planted}\n",
        f"{script[:after]}{planted}\n{script[after:]}",
        script.replace("param($Value, [string] $Name)", f"param($Value)\n    {planted}\n", 1),
    ):
        assert problems(text), planted


@each_script
def test_words_in_comments_and_texts_do_not_count(name: str):
    harmless = "# Set-Thing\n<# Remove-Item\n & x #>\n$x = 'Set-Thing; & $x'\n$y = \"iex\"\n"
    assert problems(SCRIPTS[name] + harmless) == []


@each_script
def test_files_go_into_the_new_folder_and_nowhere_else(name: str):
    written = re.findall(r"::(?:WriteAllText|CreateDirectory)\((.{0,60})", SCRIPTS[name])
    inside = "[System.IO.Path]::Combine($script:Folder, "
    assert [each.startswith(inside) for each in written].count(True) == 2
    assert [each for each in written if not each.startswith(inside)] == ["$script:Folder)"]


@each_script
def test_it_is_plain_ascii(name: str):
    # Windows PowerShell 5.1 reads a file without byte order mark in the machine's own code page.
    assert SCRIPTS[name].isascii()
    assert "\t" not in SCRIPTS[name]


@each_script
def test_brackets_close(name: str):
    opened: list[str] = []
    pairs = {"}": "{", ")": "(", "]": "["}
    for each in words(SCRIPTS[name]):
        if each.kind in ("open", "method"):
            opened.append(each.text[-1])
        elif each.text in pairs:
            assert opened.pop() == pairs[each.text], f"line {each.line}"
    assert opened == []


@each_script
def test_the_part_that_writes_is_the_same_in_all(name: str):
    part = re.compile(r"^#region Writing.*?^#endregion$", re.MULTILINE | re.DOTALL)
    assert part.findall(SCRIPTS[name]) == part.findall(SCRIPTS[ON_PREMISES])


@each_script
def test_no_name_means_two_things(name: str):
    """PowerShell's names know no case, and at the top `$script:X` and `$x` are one variable."""
    named = [each.text[1:].lower() for each in words(SCRIPTS[name]) if each.kind == "variable"]
    scoped = {each.partition(":")[2] for each in named if ":" in each}
    assert len(scoped) >= 6
    assert not scoped & {each for each in named if ":" not in each}


SECRET = {
    "authenticationcredential", "credential", "credentials", "encryptedpassword", "key", "hint",
    "password", "privatekey", "rawdata", "secret", "secrettext", "serializationdata",
}  # fmt: skip


@each_script
def test_no_secret_is_asked_for(name: str):
    assert not {text.lower() for text in strings(SCRIPTS[name])} & SECRET
    named = {each.text[1:].lower() for each in words(SCRIPTS[name]) if each.kind == "property"}
    assert not named & SECRET


def test_what_is_asked_of_the_servers():
    """The list of cmdlets is the one that Microsoft's own settings pages name for hybrid."""
    wanted = OF_SERVERS.split()
    assert {f"Get-{each}" for each in wanted} <= commands(SCRIPTS[ON_PREMISES])
    assert "Get-Command ExSetup.exe" in strings(SCRIPTS[ON_PREMISES])
    assert {"4C17D0117EBE6642AFAEE03BC66D381F", "EA876A58DB6DD04C9006939818F800EB"} <= strings(
        SCRIPTS[ON_PREMISES]
    )


def test_what_is_asked_of_exchange_online():
    wanted = OF_ONLINE.split()
    assert {f"Get-{each}" for each in wanted} <= commands(SCRIPTS[ONLINE])


def test_what_is_asked_of_graph():
    wanted = OF_GRAPH.split()
    assert {f"Get-Mg{each}" for each in wanted} <= commands(SCRIPTS[GRAPH])
    assert all(
        each.startswith("Get-Mg") or each in HARMLESS | OWN
        for each in commands(SCRIPTS[GRAPH]) - own_functions(SCRIPTS[GRAPH]) - {"Get-Command", "Get-Location"}
    )  # fmt: skip


def own_functions(script: str) -> set[str]:
    return {each.text for each in words(script) if each.before == "function"}


@pytest.mark.parametrize("name", [ON_PREMISES, ONLINE])
def test_every_question_is_answered_by_the_cmdlet_it_names(name: str):
    """`Ask 'Get-X' … { … }`: the block runs Get-X, so that the file's name tells no lie."""
    script = SCRIPTS[name]
    blocks = re.split(r"^ *Ask '", script, flags=re.MULTILINE)[1:]
    assert len(blocks) >= 17
    for block in blocks:
        cmdlet = block.partition("'")[0]
        if cmdlet == "Get-Command ExSetup.exe":
            cmdlet = "Get-SetupVersion"
        assert re.search(rf"\b{cmdlet}\b", block.partition("'")[2]), cmdlet


@pytest.mark.parametrize("name", [ON_PREMISES, ONLINE])
def test_every_kind_that_a_cmdlet_exports_is_asked_for(name: str):
    side = "on-premises" if name == ON_PREMISES else "exchange-online"
    named = {
        kind.cmdlet
        for kind in kinds().values()
        if kind.side == side and re.fullmatch(r"Get-\w+", kind.cmdlet)
    }
    assert len(named) >= 8
    assert named <= commands(SCRIPTS[name])


def lists(name: str) -> dict[str, set[str]]:
    """The properties that each question names, by its cmdlet."""
    script, found = SCRIPTS[name], {}
    shared = {
        variable: set(re.findall(r"'([^']+)'", match[1]))
        for variable in (
            "common",
            "urls",
            "logons",
            "setup",
            "principalNames",
            "applicationNames",
            "assignmentNames",
        )
        if (match := re.search(rf"^\${variable} = (.*?)\)$", script, re.MULTILINE | re.DOTALL))
    }
    asks = r"^ *Ask '([^']+)' '([^']+)' (.*?)(?: -Server| -Also| \{)"
    for cmdlet, _, named in re.findall(asks, script, re.MULTILINE | re.DOTALL):
        names = set(re.findall(r"'([^']+)'", named))
        for variable in re.findall(r"\$(\w+)", named):
            names |= shared.get(variable, set())
        found[cmdlet] = found.get(cmdlet, set()) | names
    # Those of $urls begin with those of $common.
    return {
        cmdlet: names | (shared["common"] if "InternalUrl" in names else set())
        for cmdlet, names in found.items()
    }


REAL_OBJECTS = {
    "Get-OrganizationConfig": "E19/GetOrganizationConfig.xml",
    "Get-HybridConfiguration": "E19/GetHybridConfiguration.xml",
    "Get-AcceptedDomain": "E19/GetAcceptedDomain.xml",
    "Get-SendConnector": "E19/GetSendConnector.xml",
    "Get-ReceiveConnector": "E19/GetReceiveConnector.xml",
    "Get-AuthConfig": "E19/GetAuthConfig.xml",
    "Get-PartnerApplication": "E19/GetPartnerApplication.xml",
    "Get-SettingOverride": "E19/GetSettingOverride.xml",
    "Get-ExchangeServer": "E19/GetExchangeServer.xml",
    "Get-WebServicesVirtualDirectory": "E19/GetWebServicesVirtualDirectory.xml",
}
NOT_OF_EVERY_VERSION = {
    "RejectDirectSend",  # Exchange Online
    "TrustAnySSLCertificate",
    # Of other virtual directories than EWS's.
    *("FormsAuthentication", "OwaEnabled", "RequireSSL", "AdminEnabled"),
}


@pytest.mark.shared
@pytest.mark.parametrize("cmdlet", REAL_OBJECTS)
def test_properties_of_real_servers_are_named_as_they_are_spelled(cmdlet: str, shared: Path):
    file = shared / "samples/hybrid/clixml-css-exchange" / REAL_OBJECTS[cmdlet]
    text = file.read_text("utf-8-sig")
    real = set(re.findall(r'N="(\w+)"', text))
    assert lists(ON_PREMISES)[cmdlet] - real <= NOT_OF_EVERY_VERSION


REAL_ANSWERS = {
    "Get-InboundConnector": "inbound_connectors",
    "Get-AcceptedDomain": "accepted_domains",
    "Get-RemoteDomain": "remote_domains",
    "Get-TransportConfig": "transport_config",
    "Get-TransportRule": "transport_rule",
    "Get-HostedConnectionFilterPolicy": "conn_filter",
    "Get-OrganizationRelationship": "org_relationships",
}


@pytest.mark.shared
@pytest.mark.parametrize("cmdlet", REAL_ANSWERS)
def test_properties_of_a_real_tenant_are_named_as_they_are_spelled(cmdlet: str, shared: Path):
    file = shared / "samples/hybrid/scubagear/ProviderSettingsExport.exo-subset.json"
    real = set(json.loads(file.read_text("utf-8"))[REAL_ANSWERS[cmdlet]][0])
    # A rule has its time of change without zone only.
    assert lists(ONLINE)[cmdlet] - real <= {"WhenCreatedUTC", "WhenChangedUTC"}


@pytest.mark.shared
def test_properties_of_a_real_outbound_connector(shared: Path):
    file = shared / "samples/hybrid/exo-adminapi-json/get-outboundconnector.admin-api.json"
    assert lists(ONLINE)["Get-OutboundConnector"] <= set(json.loads(file.read_text("utf-8"))[0])


def test_every_property_that_checks_look_at_is_asked_for():
    """What the examples of the checks name, of every kind that a script exports."""
    elsewhere = {"ConnectorReport", "MxRecord", "HybridWizardRun", "Segmentation"}
    # Of these two all properties are taken, since nobody documents them.
    whole = {"OnPremServerReport", "TenantExemption"}
    # Made by the reader, of what the scripts write.
    made = {"Entries", "Service"}
    literal = {text.lower() for script in SCRIPTS.values() for text in strings(script)}
    literal |= {
        each.text.lower() for s in SCRIPTS.values() for each in words(s) if each.kind == "word"
    }
    used = {
        (each.kind, name)
        for check in checks().values()
        for example in check.example
        for each in example.settings
        for name in (*each.properties, *each.null)
        if each.kind not in elsewhere | whole and name not in made
    }
    assert len(used) > 100
    assert {(kind, name) for kind, name in used if name.lower() not in literal} == set()


def test_what_is_split_into_a_list_is_one():
    match = re.search(r"\$script:Flags = @\((.*?)\)", SCRIPTS[ON_PREMISES], re.DOTALL)
    assert match
    flags = set(re.findall(r"'([^']+)'", match[1]))
    forms = {
        each.form
        for kind in kinds()
        for name in flags
        if (each := enumeration(kind, name.lower())) is not None
    }
    assert forms == {"flags"}


def envelope(cmdlet: str, side: str, names: set[str], **more: object) -> bytes:
    """A file as the scripts write it."""
    document = {
        "tocsin": "export",
        "version": 1,
        "cmdlet": cmdlet,
        "side": side,
        "server": "",
        "time": "2026-11-27T12:00:00Z",
        "error": None,
        "items": [dict.fromkeys(sorted(names), "x")],
    }
    return json.dumps(document | more, indent=4).encode()


@each_script
def test_every_file_is_read_as_what_it_is(name: str):
    side = {ON_PREMISES: "on-premises", ONLINE: "exchange-online", GRAPH: "entra"}[name]
    asked = lists(name)
    assert len(asked) >= 7
    for cmdlet, names in asked.items():
        where = "directory" if cmdlet.startswith("Get-AD") and "User" not in names else side
        data = envelope(cmdlet, where, names)
        assert tocsin_export.recognise(data[:8192]) == 100
        found = list(tocsin_export.read(io.BytesIO(data), Locator(source="x"), Reading()))
        bodies = [each.body for each in found if isinstance(each, Evidence)]
        (inquiry,) = [each for each in bodies if isinstance(each, Inquiry)]
        assert (inquiry.side, inquiry.found, inquiry.fault) == (where, 1, ""), cmdlet
        settings = [each for each in bodies if isinstance(each, Setting)]
        assert {each.kind for each in settings} == {inquiry.kind}, cmdlet
        assert settings[0].side == where, cmdlet


def test_a_server_that_does_not_answer_is_no_server_without_certificates():
    data = envelope(
        "Get-ExchangeCertificate", "on-premises", set(), server="EX03", error="RPC", items=[]
    )
    found = list(tocsin_export.read(io.BytesIO(data), Locator(source="x"), Reading()))
    (inquiry,) = [e.body for e in found if isinstance(e, Evidence) and isinstance(e.body, Inquiry)]
    assert inquiry == Inquiry(
        kind="ExchangeCertificate", side="on-premises", server="EX03", found=0, fault="RPC"
    )


@each_script
def test_a_parser_that_others_wrote_reads_it(name: str):
    """tree-sitter's grammar of PowerShell: not Microsoft's, but not ours either."""
    language = tree_sitter.Language(tree_sitter_powershell.language())
    source = SCRIPTS[name].encode()
    tree = tree_sitter.Parser(language).parse(source)
    assert not tree.root_node.has_error
    todo, found = [tree.root_node], set()
    while todo:
        node = todo.pop()
        todo += node.children
        if node.type == "command_name":
            found.add(source[node.start_byte : node.end_byte].decode())
        assert node.type not in ("command_invokation_operator", "redirection_operator"), node
    assert found == commands(SCRIPTS[name]) - {"ExSetup.exe"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tocsin", "collect", "scripts", "--lang", "en", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_door_writes_them_out(tmp_path: Path):
    done = run("-o", str(tmp_path / "scripts"))
    assert done.returncode == 0, done.stderr
    written = {p.name: p.read_text("ascii") for p in (tmp_path / "scripts").iterdir()}
    assert written == SCRIPTS
    for name in SCRIPTS:
        assert name in done.stdout
    assert "Exchange Management Shell" in done.stdout


def test_the_door_writes_over_nothing(tmp_path: Path):
    (tmp_path / GRAPH).write_text("mine")
    done = run("-o", str(tmp_path))
    assert done.returncode == 2
    assert GRAPH in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == [GRAPH]
    assert (tmp_path / GRAPH).read_text() == "mine"
    assert run("-o", str(tmp_path), "--force").returncode == 0
    assert (tmp_path / GRAPH).read_text() == SCRIPTS[GRAPH]


def test_the_door_needs_a_folder(tmp_path: Path):
    assert run().returncode == 2
    (tmp_path / "file").write_text("")
    assert run("-o", str(tmp_path / "file")).returncode == 2
    assert run("-o", str(tmp_path / "no" / "such")).returncode == 2
    done = run("--dry-run")
    assert done.returncode == 0
    assert GRAPH in done.stdout


def test_they_are_in_the_wheel(tmp_path: Path):
    built = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--wheel-dir", str(tmp_path), str(ROOT)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"tocsin/collect/scripts/{name}" for name in SCRIPTS} <= names
