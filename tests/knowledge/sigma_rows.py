"""Rows that a rule is likely to match, made out of its own tree and written as a log writes them.

Nothing here knows how rules are searched for. Whether a row is matched is for the reader of its log
and the rule to say; what does not match is of no use and harmless.
"""

from __future__ import annotations

import json
import random
import re
import string
import warnings
from re import _constants as kinds
from re import _parser as parser

from tocsin.formats import event_json, exchange_log, iis, unified_audit
from tocsin.formats.syntax.log_rows import Layout
from tocsin.knowledge.sigma import tree
from tocsin.knowledge.surfaces import surfaces

W3C = [
    "date",
    "time",
    "s-ip",
    "cs-method",
    "cs-uri-stem",
    "cs-uri-query",
    "s-port",
    "cs-username",
    "c-ip",
    "cs(User-Agent)",
    "cs(Cookie)",
    "cs(Referer)",
    "cs-host",
    "sc-status",
    "sc-substatus",
    "sc-win32-status",
    "time-taken",
]
PROXY = [
    "DateTime",
    "RequestId",
    "MajorVersion",
    "Protocol",
    "UrlHost",
    "UrlStem",
    "AuthenticationType",
    "AuthenticatedUser",
    "AnchorMailbox",
    "UserAgent",
    "ClientIpAddress",
    "ServerHostName",
    "HttpStatus",
    "BackEndStatus",
    "Method",
    "RoutingHint",
    "BackEndCookie",
    "UrlQuery",
    "GenericInfo",
    "GenericErrors",
]
STRANGE = "\u00e9\u4e2d\u0416"
AGENTS = ("cs-user-agent", "cs(User-Agent)")


class Maker:
    """Makes rows with one source of chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def fields(self, node, found) -> None:  # noqa: C901
        """Collect what a node wants of fields: a place in the value, and a text."""
        chance = self.chance
        if isinstance(node, tree.All):
            for each in node.nodes:
                self.fields(each, found)
        elif isinstance(node, tree.Either):
            self.fields(chance.choice(node.nodes), found)
        elif isinstance(node, tree.No):
            if isinstance(node.node, tree.Absent):
                self.want(found, node.node.names, "in", "x")
        elif isinstance(node, tree.Same):
            self.want(found, node.names, "same", chance.choice(sorted(node.values)))
        elif isinstance(node, tree.Part):
            self.want(found, node.names, node.where, chance.choice(node.values))
        elif isinstance(node, tree.Like):
            text = self.filler().join(node.parts) if len(node.parts) > 1 else "".join(node.parts)
            where = "in" if not node.regex.startswith(r"(?s)\A") else "start"
            self.want(found, node.names, where, text)
        elif isinstance(node, tree.Regex):
            self.want(found, node.names, "in", grown(node.regex, chance))
        elif isinstance(node, tree.Network):
            self.want(found, node.names, "same", node.networks[0].partition("/")[0])
        elif isinstance(node, tree.Number):
            self.want(found, node.names, "same", str(int(node.number) + chance.choice((-1, 0, 1))))

    def want(self, found, names, where, text) -> None:
        name = self.chance.choice(names) if names else ""
        found.setdefault(name, []).append((where, text))

    def values(self, node) -> dict[str, str]:
        """Fields with values that meet what the node wants, perhaps."""
        wanted: dict[str, list[tuple[str, str]]] = {}
        self.fields(node, wanted)
        made = {}
        for name, wants in wanted.items():
            same = [text for where, text in wants if where == "same"]
            if same:
                value = same[0]
            else:
                starts = "".join(text for where, text in wants[:9] if where == "start")
                ends = "".join(text for where, text in wants[:9] if where == "end")
                middle = [text for where, text in wants if where == "in"]
                parts = [each for text in middle for each in (self.filler(), text)]
                whole = "" if self.chance.random() < 0.3 else self.filler()
                value = starts + "".join(parts)[len((parts and parts[0]) or "") * (not whole) :]
                value += (whole if middle or not ends else "") + ends
            made[name] = self.cased(value)
        return made

    def filler(self) -> str:
        letters = string.ascii_letters + string.digits + "-._" + self.chance.choice(("", STRANGE))
        size = self.chance.choice((0, 0, 1, 3, 12))
        return "".join(self.chance.choice(letters) for _ in range(size))

    def cased(self, text: str) -> str:
        way = self.chance.randrange(4)
        if way == 0:
            return text.upper() if text.isascii() else text
        if way == 1:
            return "".join(
                self.chance.choice((c.lower(), c.upper())) if c.isascii() else c for c in text
            )
        return text

    def encoded(self, text: str, always: str) -> str:
        """Percent-encoded: what must be, now and then what need not be, now and then twice."""
        chance, some, twice = self.chance, self.chance.random(), self.chance.random() < 0.1
        made = []
        for char in text:
            must = char in always or not char.isascii() or not char.isprintable()
            reserved = not (char.isalnum() or char in "-._~%")
            if must or (reserved and some < 0.4) or chance.random() < 0.01:
                code = "".join(f"%{byte:02x}" for byte in char.encode())
                code = code.upper() if chance.random() < 0.5 else code
                made.append(code.replace("%", "%25") if twice else code)
            else:
                made.append(char)
        return "".join(made)

    def row(self, rule, surface: str) -> tuple[bytes, Layout] | None:
        """A row of a kind of log, as raw text, and how it is laid out; None if it cannot be made."""
        values = self.values(rule.tree)
        if surface == "iis":
            return self.iis(values)
        if surface in JSON:
            return self.record(rule, surface, values)
        return self.csv(surface, values)

    def iis(self, values) -> tuple[bytes, Layout]:
        cells = dict.fromkeys(W3C, "-") | {
            "date": "2026-03-03", "time": "10:00:00", "s-ip": "10.0.0.5", "cs-method": "GET",
            "cs-uri-stem": "/x", "s-port": "443", "c-ip": "198.51.100.7", "sc-status": "200",
            "time-taken": "9",
        }  # fmt: skip
        keyword = values.pop("", None)
        whole = (
            values.pop("cs-uri-query", None)
            or values.pop("c-uri", None)
            or values.pop("cs-uri", None)
        )
        if whole is not None:
            stem, _, query = whole.partition("?")
            cells["cs-uri-stem"], cells["cs-uri-query"] = stem or "/", query or "-"
        names = {
            "query": "cs-uri-query", "c-uri-query": "cs-uri-query", "c-uri-stem": "cs-uri-stem",
            "cs-user-agent": "cs(User-Agent)", "c-useragent": "cs(User-Agent)",
            "cs-useragent": "cs(User-Agent)", "cs-referer": "cs(Referer)",
            "cs-referrer": "cs(Referer)", "cs-cookie": "cs(Cookie)", "r-dns": "cs-host",
            "dst_ip": "s-ip", "src_ip": "c-ip", "client_ip": "c-ip", "username": "cs-username",
        }  # fmt: skip
        for name, value in values.items():
            if (column := names.get(name, name)) in cells:
                cells[column] = value
        if keyword is not None:
            cells[self.chance.choice(("cs-uri-query", "cs(Referer)"))] = keyword
        for name in ("cs-uri-stem", "cs-uri-query"):
            if cells[name] != "-":
                cells[name] = self.encoded(cells[name], " ?" if name == "cs-uri-stem" else " ")
        for name, value in cells.items():
            cells[name] = re.sub(r"\s", "+", value) or "-"
        return " ".join(cells.values()).encode(), Layout(
            surface="iis", columns=tuple(W3C), delimiter=" "
        )

    def csv(self, surface, values) -> tuple[bytes, Layout]:
        known = surfaces()[surface].aliases
        cells: dict[str, str] = {}
        keyword = values.pop("", None)
        for name, value in values.items():
            source = known.get(name, name)
            stem, mark, query = source.partition("?")
            if name == "query" and surface in ("httpproxy", "rps-http", "httpfilter"):
                stem = "UrlQuery"
            if mark:
                first, _, second = value.partition("?")
                cells[stem] = self.encoded(first, "?")
                if second:
                    cells[query] = self.encoded("?" + second, "")[:1] + self.encoded(second, "")
            else:
                cells[stem] = self.encoded(value, "") if stem.startswith("Url") else value
        if keyword is not None:
            cells["GenericInfo"] = keyword
        columns = list(PROXY)
        columns += [name for name in cells if name not in columns and "." not in name]
        if surface != "httpproxy":
            columns[0] = self.time_column(surface)
        row = dict.fromkeys(columns, "") | {
            columns[0]: "2026-03-03T10:00:00.000Z",
            "MajorVersion": "15",
        }
        row |= {"RequestId": "0", "ServerHostName": "EX01"} | {
            k: v for k, v in cells.items() if k in columns
        }
        line = ",".join(map(self.cell, row.values()))
        return line.encode(), Layout(surface=surface, columns=tuple(columns), delimiter=",")

    def time_column(self, surface) -> str:
        return {
            "messagetracking": "date-time", "smtp": "date-time", "agent": "Timestamp",
            "ecp-server": "TimeStamp", "ecp-activity": "TimeStamp", "audit-queue": "Timestamp",
        }.get(surface, "DateTime")  # fmt: skip

    def cell(self, value: str) -> str:
        value = re.sub(r"[\r\n]", " ", value)
        if any(each in value for each in ',"') or self.chance.random() < 0.1:
            return '"' + value.replace('"', '""') + '"'
        return value

    def record(self, rule, surface, values) -> tuple[bytes, Layout]:
        stands = {}
        for each in [self.chance.choice(rule.when)] if rule.when else []:
            stands = each.stands_for()
        keyword = values.pop("", None)
        layout = Layout(surface=surface, columns=())
        if surface == "windows":
            values = stands | values
            system = {
                "Provider": {"#attributes": {"Name": values.pop("Provider_Name", "x")}},
                "EventID": self.number(values.pop("EventID", "1")),
                "Channel": values.pop("Channel", "Application"),
                "Computer": "EX01",
                "TimeCreated": {"#attributes": {"SystemTime": "2026-03-03T10:00:00Z"}},
            }
            if keyword is not None:
                values["Data"] = keyword
            record = {"Event": {"System": system, "EventData": values}}
        else:
            record = {
                "CreationTime": "2026-03-03T10:00:00", "Id": "0", "RecordType": 1,
                "Operation": "x", "Workload": "Exchange", "UserId": "anna@contoso.example",
                "OrganizationId": "0",
            } | values | ({"Comment": keyword} if keyword is not None else {})  # fmt: skip
        text = json.dumps(
            record, ensure_ascii=False, separators=self.chance.choice(((",", ":"), (", ", ": ")))
        )
        return text.encode("utf-8", "replace"), layout

    def number(self, text: str):
        return int(text) if text.isdigit() and self.chance.random() < 0.8 else text


JSON = ("windows", "m365")


def event_of(surface: str, line: bytes, layout: Layout):
    """What the reader of that kind of log makes of a row."""
    if surface == "windows":
        return event_json.FORMAT.log.event(line)
    if surface == "m365":
        return unified_audit.FORMAT.log.event(line)
    return (iis if surface == "iis" else exchange_log).FORMAT.log.event(line, layout)


def grown(regex: str, chance: random.Random) -> str:
    """A text in which the regex is found, lookaround apart."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _grown(parser.parse(regex), chance, [])
        except re.error:
            return ""


def _grown(items, chance, groups) -> str:
    return "".join(_item(kind, value, chance, groups) for kind, value in items)


def _item(kind, value, chance, groups) -> str:  # noqa: PLR0911
    if kind is kinds.LITERAL:
        return chr(value)
    if kind is kinds.NOT_LITERAL:
        return chance.choice([c for c in "abcXYZ019 /" if ord(c) != value])
    if kind is kinds.ANY:
        return chance.choice("abz09 /.-=&?")
    if kind is kinds.IN:
        return _one_of(value, chance)
    if kind is kinds.BRANCH:
        return _grown(chance.choice(value[1]), chance, groups)
    if kind is kinds.SUBPATTERN:
        text = _grown(value[3], chance, groups)
        groups.append(text)
        return text
    if kind is kinds.ATOMIC_GROUP:
        return _grown(value, chance, groups)
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
        low, high, inner = value
        most = low + 3 if high is kinds.MAXREPEAT else min(high, low + 3)
        return "".join(_grown(inner, chance, groups) for _ in range(chance.randint(low, most)))
    if kind is kinds.GROUPREF and value <= len(groups):
        return groups[value - 1]
    return ""


def _one_of(items, chance) -> str:
    classes = {
        kinds.CATEGORY_DIGIT: r"\d", kinds.CATEGORY_WORD: r"\w", kinds.CATEGORY_SPACE: r"\s",
        kinds.CATEGORY_NOT_DIGIT: r"\D", kinds.CATEGORY_NOT_WORD: r"\W",
        kinds.CATEGORY_NOT_SPACE: r"\S",
    }  # fmt: skip
    negated, chosen = False, set()
    for kind, value in items:
        if kind is kinds.NEGATE:
            negated = True
        elif kind is kinds.LITERAL:
            chosen.add(chr(value))
        elif kind is kinds.RANGE:
            chosen |= {chr(code) for code in range(value[0], min(value[1], value[0] + 200) + 1)}
        else:
            # RE2 takes no vertical tab for a space, Python does
            printed = string.printable.replace("\v", "")
            chosen |= {c for c in printed if re.match(classes.get(value, "."), c)}
    if negated:
        chosen = set(string.printable[:95]) - chosen
    return chance.choice(sorted(chosen)) if chosen else ""
