/*
  Pages that run what a request says. Written for Tocsin from how such pages work, not from samples of
  them; each rule names a mechanism, so that another author's names do not matter.

  What is scanned is the page, and the page again with its tricks taken out: other encodings, escapes
  (\u0065val), comments inside code, strings in pieces ("ev" + "al"), blanks.
  severity: "strong" alone shows a web shell; "weak" is what an honest page may do too.
*/

private rule server_page
{
    strings:
        $directive = /<%\s*@?\s*(page|webhandler|webservice|control|master|application|assembly|import|language)\b/ nocase
        $server = /runat\s*=\s*\\?["']?\s*server/ nocase
        $code = /<%[^@#$\-]/
        $razor = /@(using|functions|inherits|\{)[\s{]/
        $handler = /\bIHttpHandler\b|\bIHttpModule\b/
    condition:
        any of them
}

private rule takes_request
{
    strings:
        $item = /\bRequest\s*(\.\s*(Item|Form|QueryString|Params|Headers|Cookies|ServerVariables|Files|InputStream|BinaryRead|GetBufferlessInputStream|GetBufferedInputStream|RawUrl|UserAgent|TotalBytes|Unvalidated|PathInfo)\b|[\[(])/ nocase
        $get = /\b(HttpContext|Context|context)\s*\.\s*(Current\s*\.\s*)?Request\b/ nocase
        $field = /<asp:(TextBox|FileUpload|HiddenField)\b/ nocase
        $input = /<(input|textarea)\b[^>]{0,300}\brunat\s*=/ nocase
        $reader = /new\s+StreamReader\s*\(\s*[A-Za-z.]{0,60}InputStream/ nocase
        // what a web service is given stands in its parameters
        $method = /[\[<]\s*(System\.Web\.Services\.)?(WebMethod|OperationContract|WebInvoke)\b[^\]>]{0,200}[\]>][^({;]{0,200}\(\s*(ByVal\s+)?[A-Za-z]/ nocase
    condition:
        any of them
}

private rule starts_process
{
    strings:
        $start = /\bProcess\s*\.\s*Start\s*\(/ nocase
        $info = /\bProcessStartInfo\b/ nocase
        $new = /\bnew\s+(System\.Diagnostics\.)?Process\s*(\(|;)/ nocase
        $vb = /\bAs\s+New\s+(System\.Diagnostics\.)?Process\b/ nocase
        $com = /(CreateObject|ActiveXObject)\s*\(\s*\\?["'](WScript\.Shell|Shell\.Application|WSh?ell\.Application)/ nocase
        $clsid = /72C24DD5-D70A-438B-8A42-98424B88AFB8|13709620-C279-11CE-A49E-444553540000/ nocase
        $wmi = /Win32_Process\b.{0,200}(Create|InvokeMethod)/ nocase
        $progid = /GetTypeFrom(ProgID|CLSID)\s*\(\s*\\?["'](WScript\.Shell|Shell\.Application|MMC20|new Guid)/ nocase
        $native = /DllImport.{0,300}\b(WinExec|CreateProcess\w{0,12}|ShellExecute\w{0,3}|system)\s*\(/ nocase
        $vbshell = /[=(\s]Shell\s*\(\s*(Request|\\?["']cmd)/ nocase
    condition:
        any of them
}

private rule names_shell
{
    strings:
        $cmd = /["'\\\/@](cmd|powershell|pwsh|cscript|wscript|mshta|bash|sh)(\.exe)?\s*["' ]/ nocase
        $comspec = /%?comspec%?/ nocase
        $c = /["']\s*\/c\s?["']/ nocase
        $out = "RedirectStandardOutput" nocase
        $stdout = /\.StdOut\b/ nocase
    condition:
        any of them
}

rule eval_of_request
{
    meta:
        what = "runs as script what the request holds"
        severity = "strong"
    strings:
        $a = /\beval\s*\(.{0,300}\bRequest\s*(\[|\(|\.\s*(Item|Form|QueryString|Params|Headers|Cookies|ServerVariables|InputStream|BinaryRead)\b)/ nocase
        $b = /\b(execute|executeglobal|eval)\s*\(?\s*\(?\s*(Request|Session)\s*[.(\[]/ nocase
        $c = /\b(execute|executeglobal)\b.{0,200}\bRequest\s*(\.\s*(Form|QueryString|Item|Cookies|ServerVariables)\s*)?\(/ nocase
        $d = /\bCodeDomProvider\b.{0,400}\bRequest\s*\[/ nocase
    condition:
        ($a or $b or $d or $c) and server_page
}

rule eval_in_a_server_script
{
    meta:
        what = "a server-side JScript that runs a text as script"
        severity = "strong"
    strings:
        $language = /(<script[^>]{0,200}\blanguage\s*=\s*\\?["']?\s*(c#\s*;)?jscript|<%\s*@[^%]{0,300}language\s*=\s*\\?["']?\s*jscript)/ nocase
        $server = /<script[^>]{0,200}runat\s*=\s*\\?["']?\s*server|<%\s*@/ nocase
        $eval = /\beval\s*\(\s*[^)\s]/ nocase
        $indirect = /\bFunction\s*\(\s*(Request|[a-z_]\w*\s*\))|\[\s*["']eval["']\s*\]/ nocase
    condition:
        $language and $server and ($eval or $indirect)
}

rule eval_unsafe
{
    meta:
        what = "runs a text as script without restraint (`unsafe`)"
        severity = "strong"
    strings:
        $a = /\beval\s*\([^;]{1,1000},\s*\\?["']unsafe\\?["']\s*\)/ nocase
    condition:
        $a
}

rule command_of_request
{
    meta:
        what = "runs a command that the request holds, and answers with its output"
        severity = "strong"
    condition:
        server_page and takes_request and starts_process and names_shell
}

rule process_of_request
{
    meta:
        what = "starts the program that the request names"
        severity = "strong"
    strings:
        $start = /\bProcess\s*\.\s*Start\s*\(\s*[A-Za-z.]{0,40}Request\b/ nocase
        $file = /\b(FileName|Arguments)\s*=\s*[^;]{0,60}\bRequest\s*[.\[(]/ nocase
        $exec = /\.(Exec|Run)\s*\(?\s*[^;\r\n]{0,60}\bRequest\s*[.(\[]/ nocase
    condition:
        server_page and starts_process and any of them
}

rule powershell_of_request
{
    meta:
        what = "runs PowerShell that the request holds inside the web server"
        severity = "strong"
    strings:
        $space = "System.Management.Automation" nocase
        $run = /\b(AddScript|CreatePipeline|RunspaceFactory|PowerShell\s*\.\s*Create)\b/ nocase
    condition:
        server_page and takes_request and $space and $run
}

rule assembly_of_request
{
    meta:
        what = "loads a program out of the request or the session into the web server"
        severity = "strong"
    strings:
        $load = /\bAssembly\s*\.\s*(Load|UnsafeLoadFrom|LoadFrom)\s*\(|\bAppDomain\s*\.\s*CurrentDomain\s*\.\s*Load\s*\(|GetMethod\s*\(\s*["']Load["']/ nocase
        $text = "FromBase64String" nocase
        $bytes = /\b(BinaryRead|GetBufferlessInputStream|GetBufferedInputStream|InputStream|TransformFinalBlock)\b/ nocase
        $call = /\b(CreateInstance|GetMethod|GetType|Invoke|InvokeMember|EntryPoint|Equals|ToString)\b/
    condition:
        server_page and takes_request and $load and $call and ($text or $bytes)
}

rule assembly_in_the_page
{
    meta:
        what = "holds a program as text and loads it into the web server"
        severity = "strong"
    strings:
        $load = /\bAssembly\s*\.\s*Load\s*\(|\bAppDomain\s*\.\s*CurrentDomain\s*\.\s*Load\s*\(/ nocase
        $long = /["'][A-Za-z0-9+\/=]{2000}/
        $mz = /["']TV[qpro][A-Za-z0-9+\/]{400}/
        $text = /FromBase64String|GZipStream|DeflateStream/ nocase
    condition:
        server_page and $load and $text and ($long or $mz)
}

rule encrypted_channel
{
    meta:
        what = "deciphers the request and runs what comes out"
        severity = "strong"
    strings:
        $cipher = /\b(RijndaelManaged|AesManaged|AesCryptoServiceProvider|Aes\s*\.\s*Create|CreateDecryptor|TripleDES|RC4)\b/ nocase
        $block = /\b(TransformFinalBlock|CryptoStream)\b/ nocase
        $run = /\b(Assembly\s*\.\s*Load|CreateInstance|CompileAssemblyFromSource|AppDomain\s*\.\s*CurrentDomain\s*\.\s*Load|Process\s*\.\s*Start|VirtualAlloc|eval\s*\(|LoadModule)/ nocase
    condition:
        server_page and takes_request and $cipher and $block and $run
}

rule compiled_from_request
{
    meta:
        what = "compiles and runs source that the request holds"
        severity = "strong"
    strings:
        $provider = /\b(CSharpCodeProvider|VBCodeProvider|JScriptCodeProvider|CodeDomProvider|CSharpScript|VsaEngine)\b/ nocase
        $compile = /\b(CompileAssemblyFrom(Source|Dom)|EvaluateAsync|JScriptEvaluate)\b/ nocase
        $run = /\b(CreateInstance|GetMethod|Invoke|InvokeMember|CompiledAssembly|EvaluateAsync|JScriptEvaluate)\b/ nocase
    condition:
        server_page and takes_request and $provider and $compile and $run
}

rule reflection_of_request
{
    meta:
        what = "calls whatever method the request names"
        severity = "strong"
    strings:
        $a = /\b(GetMethod|InvokeMember|GetType|CreateInstance|LoadFrom|LoadFile)\s*\(\s*[A-Za-z.]{0,40}\bRequest\s*[.\[(]/ nocase
    condition:
        server_page and $a
}

rule deserialized_request
{
    meta:
        what = "builds objects out of the request with a reader that runs code while it does"
        severity = "strong"
    strings:
        $reader = /\bnew\s+(System\.[\w.]{1,80}\.)?(LosFormatter|BinaryFormatter|ObjectStateFormatter|SoapFormatter|NetDataContractSerializer)\b|\bXamlReader\s*\.\s*(Parse|Load)\b|\bSimpleTypeResolver\b/ nocase
        $read = /\.\s*(Unsafe)?Deserialize\w{0,20}\s*(<[^>]{1,80}>)?\s*\(|\bXamlReader\s*\.\s*(Parse|Load)\s*\(/ nocase
    condition:
        server_page and takes_request and $reader and $read
}

rule serialized_gadget
{
    meta:
        what = "holds a serialised .NET object of a kind that runs code when it is read"
        severity = "strong"
    strings:
        $head = "AAEAAAD/////AQAAAAAAAA"
        $los = /\/w[A-Z]y[A-Za-z0-9+\/]{0,20}AAEAAAD\/{5}/
        $xaml = "ObjectDataProvider" nocase
        $delegate = /TypeConfuseDelegate|ActivitySurrogateSelector|SortedSet`1\[\[System\.String/ nocase
        $method = /MethodName\s*=\s*["']Start["']/ nocase
    condition:
        $head or $los or $delegate or ($xaml and $method)
}

rule file_written_where_request_says
{
    meta:
        what = "writes a file whose place or content the request names"
        severity = "strong"
    strings:
        $text = /\bFile\s*\.\s*(WriteAll\w{0,10}|AppendAll\w{0,10}|Create\w{0,4}|Open\w{0,6}|Copy|Move)\s*\(\s*((HttpContext\.Current\.)?Server\.MapPath\s*\(\s*)?[A-Za-z.]{0,40}\bRequest\s*[.\[(]/ nocase
        $stream = /\bnew\s+(System\.IO\.)?(StreamWriter|FileStream|BinaryWriter)\s*\(\s*((HttpContext\.Current\.)?Server\.MapPath\s*\(\s*)?[A-Za-z.]{0,40}\bRequest\s*[.\[(]/ nocase
        $save = /\.\s*(SaveAs|SaveToFile|CreateTextFile)\s*\(?\s*((HttpContext\.Current\.)?Server\.MapPath\s*\(\s*)?[A-Za-z.]{0,40}\bRequest\s*(\[|\(|\.\s*(Form|QueryString|Params|Headers|Item|Cookies)\b)/ nocase
        $content = /\bFile\s*\.\s*(WriteAll\w{0,10}|AppendAll\w{0,10})\s*\([^;]{0,200}(FromBase64String\s*\(\s*)[A-Za-z.]{0,40}\bRequest\s*[.\[(]/ nocase
        $stream_of_text = /CreateTextFile\s*\([^\r\n]{0,200}\)[^;]{0,400}\.\s*Write(Line)?\s*\(?\s*Request\b/ nocase
    condition:
        server_page and any of them
}

rule uploads_beside_itself
{
    meta:
        what = "keeps an uploaded file, under its own name, in the folder where pages run"
        severity = "weak"
    strings:
        $a = /\.\s*SaveAs\s*\(\s*((HttpContext\.Current\.)?Server\.MapPath\s*\(\s*["'](\.|\.?\/|~\/?|)["']\s*\)|Path\.GetDirectoryName\s*\(\s*Request)/ nocase
    condition:
        server_page and $a
}

rule includes_another_kind
{
    meta:
        what = "runs as part of the page a file that looks like a picture or a text"
        severity = "weak"
    strings:
        $a = /<!--\s*#include\s+(file|virtual)\s*=\s*["'][^"']{1,200}\.(jpe?g|png|gif|bmp|ico|txt|log|css)["']/ nocase
    condition:
        server_page and $a
}

rule fetched_where_request_says
{
    meta:
        what = "fetches from the address that the request names"
        severity = "weak"
    strings:
        $a = /\bDownload(File|Data|String)\w{0,10}\s*\(\s*[A-Za-z.]{0,40}\bRequest\s*[.\[(]/ nocase
        $b = /\bWebRequest\s*\.\s*Create\s*\(\s*[A-Za-z.]{0,40}\bRequest\s*(\[|\(|\.\s*(Form|QueryString|Params|Headers|Item|Cookies)\b)/ nocase
    condition:
        server_page and any of them
}

rule tunnel
{
    meta:
        what = "keeps a network connection for its caller between requests: a tunnel into the network"
        severity = "strong"
    strings:
        $socket = /\bnew\s+(System\.Net\.Sockets\.)?(Socket|TcpClient)\s*\(|\bAs\s+New\s+(Socket|TcpClient)\b/ nocase
        $connect = /\.\s*(Begin)?Connect(Async)?\s*\(/ nocase
        $kept = /\b(Session|Application|Cache)\s*(\[|\(|\.\s*(Add|Contents|Insert)\b)/ nocase
        $through = /\b(BinaryWrite|OutputStream|BinaryRead|InputStream|GetBufferlessInputStream)\b/ nocase
    condition:
        server_page and takes_request and $socket and $connect and $kept and $through
}

rule native_code
{
    meta:
        what = "runs machine code inside the web server"
        severity = "strong"
    strings:
        $alloc = /\b(VirtualAlloc|VirtualAllocEx|VirtualProtect|NtAllocateVirtualMemory|HeapCreate)\b/
        $run = /\b(CreateThread|CreateRemoteThread|QueueUserAPC|GetDelegateForFunctionPointer|EnumSystemLocales\w{0,2}|EnumChildWindows|CallWindowProc\w{0,2}|RtlCreateUserThread)\b/
    condition:
        server_page and $alloc and $run
}

rule hidden_page
{
    meta:
        what = "puts pages into the web server's memory, or listens beside it"
        severity = "strong"
    strings:
        $provider = /\bRegisterVirtualPathProvider\b/ nocase
        $virtual = /:\s*(System\.Web\.Hosting\.)?VirtualPathProvider\b/ nocase
        $listener = /\bnew\s+(System\.Net\.)?HttpListener\b/ nocase
        $prefix = /\.\s*Prefixes\s*\.\s*Add\s*\(/ nocase
        $field = /_(virtualPathProvider|httpModules|eventHandlers|globalFilters)["']/ nocase
        $private = /BindingFlags\s*\.\s*NonPublic/ nocase
        $run = /\b(Assembly\s*\.\s*Load|Process|FromBase64String|CreateInstance|eval)\b/ nocase
    condition:
        server_page and $run and (($provider and $virtual) or ($listener and $prefix) or ($field and $private and takes_request))
}

rule console
{
    meta:
        what = "a page of tools for whoever has broken in: files, programs, registry, database"
        severity = "strong"
    strings:
        $process = /\b(ProcessStartInfo|Process\s*\.\s*Start|WScript\.Shell)\b/ nocase
        $registry = /\b(RegistryKey|Registry\s*\.\s*(LocalMachine|GetValue)|RegRead)\b/ nocase
        $delete = /\b(File|Directory|FileInfo|DirectoryInfo)\s*\.\s*(Delete|Move)\s*\(|\bDeleteFile\b/ nocase
        $list = /\b(GetDirectories|GetFiles|GetLogicalDrives|DriveInfo\s*\.\s*GetDrives|FileSystemObject)\b/ nocase
        $sql = /\bxp_cmdshell\b|\bsp_oacreate\b/ nocase
        $any_sql = /\bnew\s+(SqlConnection|OleDbConnection|OdbcConnection)\s*\(\s*[A-Za-z.]{0,40}(Request|\.Text\b)/ nocase
        $wmi = /\b(ManagementObjectSearcher|ManagementClass|GetObject\s*\(\s*["']winmgmts)/ nocase
        $times = /\bSet(LastWriteTime|CreationTime|LastAccessTime)(Utc)?\s*\(/ nocase
        $scan = /\bnew\s+(TcpClient|Socket)\s*\(/ nocase
        $identity = /\b(LogonUser|WindowsIdentity\s*\.\s*Impersonate|DuplicateToken|SeImpersonate\w{0,20})\b/ nocase
    condition:
        server_page and takes_request and 5 of them
}

rule changed_times
{
    meta:
        what = "sets the times of files as the request says"
        severity = "weak"
    strings:
        $a = /\bSet(LastWriteTime|CreationTime|LastAccessTime)(Utc)?\s*\(\s*[^;]{0,100}\bRequest\s*[.\[(]/ nocase
    condition:
        server_page and $a
}

rule transformed_with_script
{
    meta:
        what = "runs a style sheet that may hold script"
        severity = "weak"
    strings:
        $a = /\bXslCompiledTransform\b/ nocase
        $b = /\bXsltSettings\s*\.\s*TrustedXslt\b|\bEnableScript\s*=\s*true|new\s+XsltSettings\s*\(\s*(true|false)\s*,\s*true/ nocase
    condition:
        server_page and takes_request and $a and $b
}

rule passwords_kept
{
    meta:
        what = "a sign-in page that writes down or sends on what is typed into it"
        severity = "strong"
    strings:
        $read = /\bRequest\s*(\.\s*(Form|Params|Item)\s*)?[\[(]\s*["'](password|passwd|pwd)["']/ nocase
        $write = /\b(File\s*\.\s*(AppendAll\w{0,10}|WriteAll\w{0,10}|AppendText)|new\s+(System\.IO\.)?(StreamWriter|FileStream)|CreateTextFile|OpenTextFile|UploadString|UploadData)\b/ nocase
    condition:
        server_page and $read and $write
}

rule passwords_sent
{
    meta:
        what = "script that sends on what is typed into the password field"
        severity = "weak"
    strings:
        $a = /(gbid|getElementById|querySelector)\s*\(\s*\\?["']#?(password|passwordText)\\?["']\s*\)\s*\.\s*value.{0,800}(XMLHttpRequest|Msxml2\.XMLHTTP|\bfetch\s*\(|sendBeacon\s*\(|new\s+Image\s*\()/ nocase
        $b = /(XMLHttpRequest|Msxml2\.XMLHTTP|\bfetch\s*\(|sendBeacon\s*\().{0,800}(gbid|getElementById|querySelector)\s*\(\s*\\?["']#?(password|passwordText)\\?["']\s*\)\s*\.\s*value/ nocase
    condition:
        any of them
}

rule sign_in_of_exchange_sends_on
{
    meta:
        what = "the sign-in page of Exchange, or its script, with code that sends on what is typed there"
        severity = "strong"
    strings:
        $ours = /\/auth\.owa\b|\bclkLgn\b|\blogonForm\b|\bHttpProxy\.Logon\b/ nocase
        $read = /\bpassword(Text)?\b["'\])]{0,6}\s*\.\s*value|new\s+FormData\s*\(|\.\s*serialize(Array)?\s*\(\s*\)|addEventListener\s*\(\s*["']key(down|press|up)/ nocase
        $beacon = /\bsendBeacon\s*\(|\bfetch\s*\(\s*[^)\s]|\bnew\s+WebSocket\s*\(|\bapi\.telegram\.org\b/ nocase
        $request = /\bnew\s+XMLHttpRequest\b|\bActiveXObject\s*\(\s*["'](Msxml2|Microsoft)\.XMLHTTP|\$\.\s*(ajax|post|get)\s*\(/ nocase
        $picture = /\bnew\s+Image\b.{0,80}\.\s*src\s*=.{0,300}\bpassword|\.\s*src\s*=\s*["'](https?:)?\/\/.{0,300}(password|\+\s*p(wd?|ass)\b)/ nocase
    condition:
        $ours and $read and any of ($beacon, $request, $picture)
}

rule machine_keys_shown
{
    meta:
        what = "a page that gives out the keys with which view states are signed"
        severity = "strong"
    strings:
        $section = "MachineKeySection" nocase
        $inside = /GetMethod\s*\(|NonPublic|GetSection\s*\(|GetWebApplicationSection\s*\(|GetApplicationConfig/ nocase
        $key = /\.\s*(ValidationKey|DecryptionKey)\b/ nocase
        $out = /\bResponse\s*\.\s*(Write|Output|BinaryWrite|AddHeader|Headers)\b|<%=|WriteAll\w{0,10}\s*\(/ nocase
    condition:
        server_page and $section and $inside and $key and $out
}

rule php_of_request
{
    meta:
        what = "PHP that runs what the request holds"
        severity = "strong"
    strings:
        $php = /<\?(php|=|\s)/ nocase
        $a = /\b(eval|assert|system|passthru|shell_exec|exec|popen|proc_open|pcntl_exec|create_function|call_user_func(_array)?|preg_replace|include|require)\s*\(?[^;]{0,200}\$_(POST|GET|REQUEST|COOKIE|SERVER|FILES)\b/ nocase
        $b = /\$_(POST|GET|REQUEST|COOKIE)\s*\[[^\]]{1,60}\]\s*\(/ nocase
        $c = /\b(eval|assert)\s*\([^;]{0,300}(php:\/\/input|base64_decode|gzinflate|str_rot13)/ nocase
        $d = /file_get_contents\s*\(\s*["']php:\/\/input["'].{0,600}\b(eval|assert|create_function)\s*\(/ nocase
        $e = /move_uploaded_file\s*\([^;]{0,200}\$_(POST|GET|REQUEST)\b/ nocase
        $f = /\b(array_map|array_filter|array_walk|usort|uasort|uksort|register_shutdown_function|forward_static_call)\s*\(\s*(\$_(POST|GET|REQUEST|COOKIE)|["'](assert|system|exec|passthru|shell_exec)["'])/ nocase
        $g = /`[^`\r\n]{0,200}\$_(POST|GET|REQUEST|COOKIE)\b[^`\r\n]{0,200}`/
        // a function whose name is put together at run time
        $called = /\$\{?\w{1,40}\}?\s*\(\s*[^;()]{0,100}\$_(POST|GET|REQUEST|COOKIE)\b/
        $name = /\b(str_rot13|base64_decode|strrev|hex2bin|gzinflate|convert_uudecode|pack|chr|implode|str_replace|substr)\s*\(/ nocase
        $taken = /\$\w{1,40}\s*=\s*@?\$_(POST|GET|REQUEST|COOKIE|SERVER)\b/
    condition:
        $php and (any of ($a, $b, $c, $d, $e, $f, $g) or ($called and (filesize < 1KB or ($name and filesize < 16KB) or ($taken and filesize < 4KB))))
}

rule jsp_of_request
{
    meta:
        what = "JSP that runs what the request holds"
        severity = "strong"
    strings:
        $jsp = /<%|<jsp:/ nocase
        $request = /\brequest\s*\.\s*(getParameter|getHeader|getReader|getInputStream|getCookies)\s*\(/
        $exec = /\bgetRuntime\s*\(\s*\)\s*\.\s*exec\s*\(|\bnew\s+(java\.lang\.)?ProcessBuilder\s*\(/
        $define = /\bdefineClass\b/
        $script = /\bScriptEngineManager\b/
    condition:
        $jsp and $request and ($exec or $define or $script)
}

rule mailbox_export_with_code
{
    meta:
        what = "a mailbox file (`!BDN`) with server-side code inside: written by a mailbox export"
        severity = "strong"
    strings:
        $script = /<script[^>]{0,200}runat\s*=\s*\\?["']?\s*server/ nocase
        $language = /<script[^>]{0,200}language\s*=\s*\\?["']?\s*(jscript|c#|vb)/ nocase
        $page = /<%\s*@\s*(page|webhandler)/ nocase
        $eval = /\beval\s*\(\s*Request/ nocase
    condition:
        uint32be(0) == 0x2142444E and any of them
}

rule certificate_request_with_code
{
    meta:
        what = "a certificate or a request for one with server-side code inside"
        severity = "strong"
    strings:
        $script = /<script[^>]{0,200}(runat\s*=\s*\\?["']?\s*server|language\s*=\s*\\?["']?\s*(jscript|c#|vb))/ nocase
        $page = /<%\s*@\s*(page|webhandler)/ nocase
        $oid = { 06 03 55 04 }
    condition:
        uint8(0) == 0x30 and uint8(1) >= 0x81 and $oid and ($script or $page)
}

rule directory_settings_with_code
{
    meta:
        what = "the settings of a virtual directory of Exchange, written as a page, with code as an address"
        severity = "strong"
    strings:
        $a = /\b(ExternalUrl|InternalUrl)\s*:/ nocase
        $b = /\b(OfflineAddressBooks|PollInterval|MetabasePath|InternalAuthenticationMethods)\s*:/ nocase
        $script = /<script[^>]{0,300}>/ nocase
    condition:
        $a and $b and $script
}

rule configuration_runs_code
{
    meta:
        what = "a configuration file that makes itself, or files of another ending, run as pages"
        severity = "strong"
    strings:
        $config = /<configuration[\s>]/ nocase
        $self = /path\s*=\s*["'](\*\.config|web\.config|\*\.(jpg|jpeg|png|gif|txt|log|ico|css|js|html?))["'][^>]{0,300}(asp\.dll|PageHandlerFactory|SimpleHandlerFactory|aspnet_isapi\.dll|IsapiModule|php)/ nocase
        $provider = /extension\s*=\s*["']\.(config|jpg|jpeg|png|gif|txt|log|ico|css)["'][^>]{0,200}(PageBuildProvider|WebHandlerBuildProvider)/ nocase
        $code = /<%[^@#$\-]|<script[^>]{0,200}runat\s*=\s*["']?server/ nocase
    condition:
        $config and ($self or $provider or $code)
}
