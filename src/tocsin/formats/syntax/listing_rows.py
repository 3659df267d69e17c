r"""Listings of files as rows: `dir /s`, `Get-ChildItem`, `find -ls`, body files, plain paths, tables.

https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/dir
https://wiki.sleuthkit.org/index.php?title=Body_file
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tocsin.formats.syntax.event_values import time_of
from tocsin.formats.syntax.file_rows import file_row

LINE_LIMIT = 32 * 1024
"""Characters of one line; a path of Windows has at most 32,767."""

_DIRECTORY = re.compile(
    r"\s*(?:Directory of|Directory:|R\u00e9pertoire de|R\u00e9pertoire :|R\u00e9pertoire\s*:|Verzeichnis von|"
    r"Verzeichnis:|Directorio de|Directorio:)[\s\u00a0]+(?P<path>\S.*)$"
)
_DIR = re.compile(
    r"(?P<when>\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}[ ,]{1,3}\d{1,2}:\d\d(?: ?[AaPp][Mm])?)\s+"
    r"(?P<size><[A-Z]{3,9}>|\d{1,3}(?:[.,'\u00a0\u202f\u00ff]\d{3}){1,6}|\d{1,20})\s+(?P<rest>\S.*)$"
)
_OWNER = re.compile(r"(?P<owner>(?:[\w .$-]{1,60}\\[\w .$-]{1,60}|\.\.\.))\s{2,}(?P<name>\S.*)$")
_MODE = re.compile(
    r"(?P<mode>[dlarhsw-]{5,7})\s+(?P<when>\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}\s+\d{1,2}:\d\d(?: ?[AaPp][Mm])?)\s+"
    r"(?:(?P<size>\d{1,20})\s+)?(?P<name>\S.*)$"
)
_FIND = re.compile(
    r"\s*\d+\s+\d+\s+(?P<mode>[a-z-][rwxsStT-]{9}[.+@]?)\s+\d+\s+(?P<owner>\S+)\s+\S+\s+(?P<size>\d+)\s+"
    r"(?P<when>[A-Z][a-z]{2}\s+\d{1,2}\s+(?:\d\d:\d\d|\d{4}))\s+(?P<path>\S.*)$"
)
_LS = re.compile(
    r"(?P<mode>[a-z-][rwxsStT-]{9}[.+@]?)\s+\d+\s+(?P<owner>\S+)\s+\S+\s+(?P<size>\d+)\s+"
    r"(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: [+-]\d{4})?)\s+(?P<path>\S.*)$"
)
_FLS = re.compile(
    r"(?:\++ )?[a-zA-Z-]/(?P<kind>[a-zA-Z-]) (?P<deleted>\* )?\d{1,20}(?:-\d{1,5}-\d{1,5})?(?:\(realloc\))?:\t(?P<path>\S[^\t]*)"
)
_QUOTED = re.compile(r"\"([^\"]{4,32000})\"(.*)$")
_BEGINS = re.compile(r"[A-Za-z]:\\|\\\\[^\\]{1,100}\\")
_NOT_IN_PATH = re.compile(r"[\"<>|?*\t;]")
_BEHIND = re.compile(r"\.[A-Za-z0-9_]{1,12}(?=\s+\d)")
_STAMP = re.compile(
    r"\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}(?:[ T,;\t]{1,4}\d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?)?"
)
_SIZE = re.compile(r"(?<![\w.:/\-])\d{1,15}(?![\w.:/\-])")
_HASH = re.compile(
    r"(?P<hash>[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})\s+[ *]?(?P<path>\S.*)$"
)
_EXTENDED = re.compile(r".*\.[A-Za-z0-9_]{1,12}\Z")

_COLUMNS: dict[str, tuple[str, ...]] = {
    "path": (
        "FullName",
        "FullPath",
        "OSPath",
        "Path",
        "SourceFile",
        "Fullname",
        "FilePath",
        "File Path",
    ),
    "folder": ("ParentPath", "DirectoryName", "Directory", "Folder"),
    "name": ("FileName", "Name", "File Name"),
    "size": ("Length", "FileSize", "Size", "size"),
    "created": ("CreationTimeUtc", "CreationTime", "Created0x10", "Btime", "Created", "CreatedOn"),
    "modified": (
        "LastWriteTimeUtc",
        "LastWriteTime",
        "LastModifiedTimeUTC",
        "LastModified0x10",
        "Mtime",
        "Modified",
        "ModifiedOn",
    ),
    "accessed": ("LastAccessTimeUtc", "LastAccessTime", "LastAccess0x10", "Atime"),
    "changed": ("LastRecordChange0x10", "Ctime"),
    "created_fn": ("Created0x30",),
    "modified_fn": ("LastModified0x30",),
    "hash": ("Hash", "SHA256", "Sha256", "SHA1", "SourceFileSha1", "MD5", "Md5"),
    "owner": ("Owner",),
    "attributes": ("Attributes", "Mode", "SiFlags"),
}
_DETAIL = frozenset(
    name
    for key, names in _COLUMNS.items()
    if key not in ("path", "name", "folder")
    for name in names
)


_PREFETCH = frozenset({"ExecutableName", "FilesLoaded", "LastRun"})
"""PECmd's table of what was started."""

_CACHED = frozenset({"Path", "LastModifiedTimeUTC", "CacheEntryPosition"})
"""AppCompatCacheParser's table of what was seen."""

_VOLUME = re.compile(r"\\VOLUME\{[0-9a-f-]{2,60}\}", re.IGNORECASE)


def _started(record: dict[str, Any]) -> dict[str, str] | None:
    """The program that Windows kept a trace of, with the place from which it was started."""
    name = str(record["ExecutableName"] or "")
    loaded = [each.strip() for each in str(record["FilesLoaded"] or "").split(",")[:2000]]
    whole = (each for each in loaded if each.upper().endswith(f"\\{name.upper()}"))
    path = _VOLUME.sub("C:", next(whole, name), count=1)
    when = str(record["LastRun"] or "")
    return file_row(path, accessed=_plain("accessed", when), kind="prefetch") if name else None


def is_table(names: Iterable[str]) -> bool:
    """Whether columns or members are those of a listing: a path, and something about the file."""
    known = set(names)
    whole = (
        known & {"FullName", "FullPath", "OSPath", "Fullname"}
        or {"ParentPath", "FileName"} <= known
    )
    hashed = {"Algorithm", "Hash", "Path"} <= known
    if known >= _PREFETCH or known >= _CACHED:
        return True
    return bool(hashed or (whole and len(known & _DETAIL) >= 2))


def table_row(record: dict[str, Any]) -> dict[str, str] | None:
    """A file out of a record of columns; None for a folder, or where no name is told."""
    if record.keys() >= _PREFETCH:
        return _started(record)
    told = {
        key: next((record[each] for each in names if record.get(each) not in (None, "")), "")
        for key, names in _COLUMNS.items()
    }
    path = told.pop("path")
    folder, name = told.pop("folder"), told.pop("name")
    if not isinstance(path, str) or not path:
        if not isinstance(name, str) or not name:
            return None
        parent = folder if isinstance(folder, str) else ""
        path = f"{parent.removeprefix('.').strip(chr(92))}\\{name}" if parent else name
    if _is_folder(record, str(told["attributes"])):
        return None
    if str(record.get("InUse", "True")).lower() == "false":
        told["deleted"] = "true"
    path = path.rpartition("::")[2]  # PSPath: `Microsoft.PowerShell.Core\FileSystem::C:\…`
    return file_row(path, **{key: _plain(key, value) for key, value in told.items()})


def _is_folder(record: dict[str, Any], attributes: str) -> bool:
    if str(record.get("IsDirectory", record.get("PSIsContainer", ""))).lower() == "true":
        return True
    return "Directory" in attributes or attributes.startswith("d") or attributes == "16"


def _plain(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        value = value.get("value", value.get("DateTime", value.get("SHA256", value.get("MD5", ""))))
    if key in ("created", "modified", "accessed", "changed", "created_fn", "modified_fn"):
        when = time_of(value)
        return when.isoformat() if when is not None else value
    return value


class Reader:
    """Rows out of lines of text: which kind of listing shows each line by itself."""

    def __init__(self) -> None:
        self._folder = ""

    def row(self, line: str) -> dict[str, str] | None:
        """The file that a line names; None for headings, folders, sums and prose."""
        text = line.strip()
        if not text:
            return None
        heading = _DIRECTORY.match(line)
        if heading is not None:
            self._folder = heading["path"].strip()
            return None
        if text.count("|") >= 10 and text.split("|", 2)[1]:
            return _body(text)
        for take in (self._mode, self._dir, _fls, _find, _hashed, _path):
            found = take(text)
            if found is not None:
                return found
        return None

    def _dir(self, text: str) -> dict[str, str] | None:
        told = _DIR.match(text)
        if told is None or told["size"].startswith("<") or not self._folder:
            return None
        owner = _OWNER.match(told["rest"])
        name = owner["name"] if owner is not None else told["rest"]
        size = re.sub(r"\D", "", told["size"])
        return file_row(
            self._within(name),
            size=size,
            modified=_time(told["when"]),
            owner=owner["owner"] if owner else "",
            raw=text,
        )

    def _mode(self, text: str) -> dict[str, str] | None:
        told = _MODE.match(text)
        if told is None or told["mode"].startswith("d") or told["size"] is None:
            return None
        path = self._within(told["name"])
        return file_row(
            path, size=told["size"], modified=_time(told["when"]), attributes=told["mode"], raw=text
        )

    def _within(self, name: str) -> str:
        return f"{self._folder.rstrip(chr(92))}\\{name}" if self._folder else name


def _find(text: str) -> dict[str, str] | None:
    told = _FIND.match(text) or _LS.match(text)
    if told is None or not told["mode"].startswith("-"):
        return None
    path = told["path"].replace("\\ ", " ")
    return file_row(
        path, size=told["size"], modified=_time(told["when"]), owner=told["owner"], raw=text
    )


def _fls(text: str) -> dict[str, str] | None:
    """A line of `fls -r -p`, with or without its times (`-l`); `*` marks what was deleted."""
    told = _FLS.match(text)
    if told is None or told["kind"] not in "rlv-":
        return None
    return file_row(told["path"], deleted="true" if told["deleted"] else "", raw=text)


def _hashed(text: str) -> dict[str, str] | None:
    told = _HASH.match(text)
    return file_row(told["path"], hash=told["hash"], raw=text) if told is not None else None


def _path(text: str) -> dict[str, str] | None:
    """A path alone, or with size and time behind it as `forfiles` and `dir /b /s` are used."""
    quoted = _QUOTED.match(text)
    if quoted is not None:
        path, rest = quoted[1], quoted[2]
    else:
        end = _NOT_IN_PATH.search(text)
        path, rest = (text[: end.start()], text[end.start() :]) if end is not None else (text, "")
        told = _BEHIND.search(path)
        if told is not None:
            path, rest = path[: told.end()], path[told.end() :] + rest
    if not _BEGINS.match(path) or not _EXTENDED.match(path) or len(rest) > 200:
        return None
    stamp = _STAMP.search(rest)
    if stamp is not None:
        rest = rest[: stamp.start()] + rest[stamp.end() :]
    size = _SIZE.search(rest)
    when = _time(stamp[0]) if stamp is not None else ""
    return file_row(path, size=size[0] if size else "", modified=when, raw=text)


def _body(text: str) -> dict[str, str] | None:
    """A line of a body file: MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime."""
    parts = text.split("|")
    digest, name, _, mode = parts[:4]
    if mode.startswith("d") or "/d" in mode:
        return None
    size, accessed, modified, changed, created = parts[6:11]
    deleted = "true" if "(deleted" in name else ""
    name = re.sub(r" \((?:deleted(?:-realloc)?|\$FILE_NAME)\)$", "", name)
    return file_row(
        name,
        hash=digest if len(digest) >= 32 and digest.strip("0") else "",
        size=size,
        accessed=_time(accessed),
        modified=_time(modified),
        changed=_time(changed),
        created=_time(created),
        deleted=deleted,
        raw=text,
    )


def _time(text: str) -> str:
    found = time_of(re.sub(r"\s+", " ", text))
    return found.isoformat() if found is not None else ""


def text_score(lines: list[str]) -> float:
    """How much of some lines is a listing, 0 to 1, blank lines aside; headings count as rows do."""
    reader = Reader()
    told = total = 0
    for line in lines:
        if line.strip():
            total += 1
            is_row = reader.row(line) is not None
            told += is_row or any(each.match(line) for each in (_DIRECTORY, _FLS, _SUM))
    return told / total if total else 0.0


_SUM = re.compile(
    r"\s*(?:Volume|Le volume|Le num|Volumeseriennummer|El volumen|Mode\s+Last|----\s+---|\d+ (?:File|Dir|fichier|R\u00e9p)"
    r"|Total Files|\d{1,2}/\d{1,2}/\d{4}.*<[A-Z]{3,9}>|d[a-z-]{4,6}\s+\d)"
)


def rows_of(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Every file that some lines name, with the number of its line, from 1."""
    reader = Reader()
    for number, line in enumerate(lines, 1):
        row = reader.row(line[:LINE_LIMIT])
        if row is not None:
            yield number, row
