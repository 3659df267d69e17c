"""What a PowerShell script does, word by word: enough of its grammar to find everything that acts.

Strict on purpose: what it does not know is a problem, so a script passes only in plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

HARMLESS = {
    "ConvertTo-Json",
    "ForEach-Object",
    "Select-Object",
    "Where-Object",
    "Write-Host",
    "Write-Progress",
}
"""Commands of the shell that only work on values at hand, or print."""

OWN = {"Ask", "OpenFolder", "CloseFolder"}
"""Functions of the scripts themselves, whose bodies are read like everything else."""

STATIC = {
    "System.BitConverter::ToString",
    "System.Convert::ToBase64String",
    "System.Collections.Generic.List::new",
    "System.DateTimeKind::Utc",
    "System.Environment::MachineName",
    "System.Globalization.CultureInfo::InvariantCulture",
    "System.IO.Directory::CreateDirectory",
    "System.IO.File::WriteAllText",
    "System.IO.Path::Combine",
    "System.IO.Path::IsPathRooted",
    "System.Security.Principal.WindowsIdentity::GetCurrent",
    "System.Text.UTF8Encoding::new",
    "Microsoft.Win32.RegistryKey::OpenRemoteBaseKey",
    "datetime::FromFileTimeUtc",
    "datetime::SpecifyKind",
    "datetime::UtcNow",
}
"""Members of .NET types. CreateDirectory and WriteAllText write the export's own folder."""

METHODS = {
    "Add",
    "Close",
    "ContainsKey",
    "GetSecurityDescriptorSddlForm",
    "GetValue",
    "OpenSubKey",
    "Substring",
    "ToArray",
    "ToString",
    "ToUniversalTime",
    "TrimEnd",
}
"""Methods called on values. OpenSubKey with one argument opens for reading."""

KEYWORDS = {
    "begin", "break", "catch", "continue", "do", "else", "elseif", "end", "finally", "for",
    "foreach", "function", "if", "in", "param", "process", "return", "switch", "throw", "try",
    "until", "while",
}  # fmt: skip

BEFORE_A_COMMAND = {
    "", "\n", ";", "{", "(", "@(", "|", "=", "+=", "begin", "do", "else", "end", "finally", "in",
    "process", "return", "throw", "try",
}  # fmt: skip

ACTING = {"executioncontext", "pscmdlet", "myinvocation", "host", "psdefaultparametervalues"}
"""Variables through which a script can run or change what it was not written to."""

_TOKEN = re.compile(
    r"""
    (?P<comment><\#.*?\#>|\#[^\n]*)
  | (?P<here>@['"]\n)
  | (?P<single>'(?:[^']|'')*')
  | (?P<double>"(?:[^"`]|""|`.)*")
  | (?P<merge>2>&1)
  | (?P<newline>\n)
  | (?P<static>\[(?P<type>[\w.]+)(?:\[[\w.]+\])?\]::(?P<member>\w+))
  | (?P<cast>\[[\w.]+(?:\[(?:[\w.]*)\])?\])
  | (?P<variable>\$(?:\{|[\w?^$]+(?::\w+)?))
  | (?P<method>\.(?P<called>\w+)\()
  | (?P<property>\.\w+)
  | (?P<number>\d[\w.]*)
  | (?P<parameter>-[A-Za-z]\w*:?)
  | (?P<word>[A-Za-z_][\w-]*(?:\.\w+)*)
  | (?P<open>@\{|@\(|\{|\(|\[)
  | (?P<operator>\+=|-=|=|\+|-|,|;|\||\}|\)|\]|!|\*)
  | (?P<space>[ \t]+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Word(NamedTuple):
    """kind: the group of the token. before: the last token that was no space or comment."""

    line: int
    kind: str
    text: str
    before: str
    after: str
    match: re.Match[str]


def words(script: str) -> Iterator[Word]:
    """Every token but space and comments."""
    before, line, at = "", 1, 0
    while at < len(script):
        match = _TOKEN.match(script, at)
        assert match is not None
        kind, text = match.lastgroup or "", match[0]
        kind = next(name for name in _KINDS if match[name] is not None)
        at = match.end()
        if kind not in ("space", "comment"):
            after = script[at:].lstrip(" \t")
            yield Word(line, kind, text, before, after, match)
            # A line that ends with one of these goes on.
            joined = kind == "newline" and before in ("|", ",", "+", "-f", "(", "@(", "=", "-and")
            before = before if joined else text.lower()
        line += text.count("\n")


_KINDS = (
    "comment", "here", "single", "double", "merge", "newline", "static", "cast", "variable",
    "method", "property", "number", "parameter", "word", "open", "operator", "space", "other",
)  # fmt: skip


def commands(script: str) -> set[str]:
    """Every command that the script names, of its own or of others."""
    return {each.text for each in words(script) if _is_command(each)}


def strings(script: str) -> set[str]:
    """Every literal text."""
    return {each.text[1:-1] for each in words(script) if each.kind in ("single", "double")}


def problems(script: str) -> list[str]:
    """What stands in the script and is not known to be harmless, with its line; none is good."""
    found = []
    for each in words(script):
        reason = _reason(each)
        if reason:
            found.append(f"line {each.line}: {reason}: {each.text.strip()[:60]}")
    return found


def _is_command(word: Word) -> bool:
    if word.kind != "word" or word.text.lower() in KEYWORDS or word.before == "function":
        return False
    if "-" in word.text:
        return True
    # In `@{ name = … }` and in an attribute's arguments stands a name, not a command.
    key = word.after.startswith("=")
    return word.before in BEFORE_A_COMMAND and not key


def _reason(word: Word) -> str:
    text = word.text
    if _is_command(word):
        return _command(word)
    if word.before == "function":
        fine = text.startswith("Get-") or text in OWN
        return "" if fine else "a function that says it does more than get"
    if word.kind == "here":
        return "a here-string"
    if word.kind == "double":
        return "code inside a string" if "$(" in text or "`" in text else ""
    return _sign(word)


def _sign(word: Word) -> str:
    match, text = word.match, word.text
    if word.kind == "static":
        kind = match["type"]
        named = {kind, f"System.{kind}"}
        fine = any(f"{each}::{match['member']}" in STATIC for each in named)
        return "" if fine else "a member of a type"
    if word.kind == "method":
        return "" if match["called"] in METHODS else "a method"
    if word.kind == "property":
        assigned = re.match(r"(=|\+=|-=)(?!=)", word.after)
        if word.before in BEFORE_A_COMMAND:
            return "another script, run here"
        return "a property that is set" if assigned else ""
    if word.kind == "variable":
        scope, _, name = text[1:].rpartition(":")
        acts = text == "${" or scope.lower() not in ("", "script") or name.lower() in ACTING
        return "a variable that can act" if acts else ""
    if word.kind == "cast":
        inner = text.strip("[]").split("[")[0].lower()
        return "an object that can act" if inner in _ACTING_TYPES else ""
    return "a sign that plain scripts do not need" if word.kind == "other" else ""


def _command(word: Word) -> str:
    name = word.text
    if name.startswith("Get-") or name in OWN:
        return ""
    if name not in HARMLESS:
        return "a command that does more than get"
    if name == "ForEach-Object" and not re.match(r"\{|-Process \$Read\b", word.after):
        return "a block that is not written here"
    if name == "Where-Object" and not word.after.startswith("{"):
        return "a block that is not written here"
    return ""


_ACTING_TYPES = {"adsi", "adsisearcher", "wmi", "wmiclass", "wmisearcher", "powershell"}
