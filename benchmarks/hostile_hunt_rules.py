"""Hostile Sigma rules, each kind written into a folder: bombs, circles, wrong types."""

from __future__ import annotations

import json
import zlib
from pathlib import Path


def rule(
    detection: str = "  a: {cs-uri-query|contains: evil7}\n  condition: a\n", **more: str
) -> str:
    plain = {
        "title": "Good",
        "id": "11111111-1111-4111-8111-111111111111",
        "status": "test",
        "level": "high",
    } | more
    return "".join(f"{name}: {value}\n" for name, value in plain.items()) + (
        "logsource: {category: webserver}\ndetection:\n" + detection
    )


def bomb_rules(folder: Path, _size: int) -> None:
    text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
    )
    (folder / "bomb.yml").write_text(text + rule())
    (folder / "self.yml").write_text("a: &a [*a]\n" + rule())
    (folder / "selfmap.yml").write_text(
        "a: &a {b: *a}\n" + rule("  a: &x {b: *x}\n  condition: a\n")
    )
    (folder / "merge.yml").write_text("a: &a {<<: *a}\n" + rule())
    (folder / "object.yml").write_text("title: !!python/object/apply:os.system ['false']\n")
    (folder / "latin.yml").write_bytes(rule(title="Gr\u00fc\u00dfe").encode("latin-1"))
    (folder / "wide.yml").write_bytes(rule(title="Wide").encode("utf-16"))
    (folder / "nul.yml").write_bytes(b"title: a\0b\n" + bytes(range(256)))
    (folder / "deep.yml").write_text("a: " + "[" * 50_000)
    (folder / "deeper.yml").write_text("- " * 20_000 + "a")
    (folder / "folder.yml").mkdir()
    (folder / "empty.yml").write_text("")
    (folder / "list.yml").write_text("[1, 2]\n---\n- a\n---\n7\n---\nnull\n")
    (folder / "round").symlink_to(folder)
    (folder / "number.yml").write_text(
        "a: 0o"
        + "7" * 100_000
        + "\nb: 1"
        + ":59" * 10_000
        + "\nc: "
        + "9" * 100_000
        + "\n"
        + rule()
    )


def big_rules(folder: Path, size: int) -> None:
    (folder / "big.yml").write_text(
        rule(
            "  a:\n    cs-uri-query|contains:\n"
            + "      - aaaabbbbcccc\n" * (size // 21)
            + "  condition: a\n"
        )
    )
    (folder / "almost.yml").write_text(
        rule(
            "  a:\n    cs-uri-query|contains:\n"
            + "".join(f"      - zq{n:07}q\n" for n in range(min(size, 900_000) // 18))
            + "  condition: a\n"
        )
    )


def regex_rules(folder: Path, _size: int) -> None:
    texts = (
        "(a+)+$", "(a|aa)+b", "((a{0,100}){0,100}){0,100}", "(?=a)b", "(.*)*x", "a{1000000}", "(?P<n>a)(?P=n)", "[", "(?:",
        "(?i)" * 2000, "a|" * 5000 + "b", "(" * 2000 + ")" * 2000, "\\p{L}{500}", "(.{0,500}a){30}", "^(([a-z])+.)+[A-Z]([a-z])+$", "", ".*", "\\x00", "\\n",
    )  # fmt: skip
    for number, text in enumerate(texts):
        detection = f"  a: {{cs-uri-query|re: {json.dumps(text)}}}\n  condition: a\n"
        (folder / f"{number}.yml").write_text(
            rule(detection, title=f"R{number}", id=f"22222222-2222-4222-8222-{number:012}")
        )
    (folder / "stars.yml").write_text(
        rule(
            "  a: {cs-uri-query: '" + "*a" * 5000 + "'}\n  condition: a\n",
            title="Stars",
            id="12111111-1111-4111-8111-111111111111",
        )
    )
    (folder / "condition.yml").write_text(
        rule(
            "  a: {cs-uri-query: x}\n  condition: " + "not (" * 3000 + "a" + ")" * 3000 + "\n",
            id="13111111-1111-4111-8111-111111111111",
        )
    )
    (folder / "of.yml").write_text(
        rule(
            "".join(f"  s{n}: {{cs-uri-query|contains: 'q{n}w'}}\n" for n in range(3000))
            + "  condition: 1 of s* and all of s* or 2 of them\n",
            id="14111111-1111-4111-8111-111111111111",
        )
    )
    (folder / "expansions.yml").write_text(
        rule(
            "  a: {cs-uri-query|windash|base64offset|contains|all: ['"
            + "-a " * 200
            + "']}\n  condition: a\n",
            id="15111111-1111-4111-8111-111111111111",
        )
    )


def wrong_rules(folder: Path, _size: int) -> None:
    values = (
        "[]",
        "{}",
        "7",
        "null",
        "true",
        "[[[]]]",
        "{1: {2: 3}}",
        "1e999",
        "2021-99-99",
        "'\\ud800'",
        '"\\ud800"',
        "-.inf",
        "0x7fffffffffffffffffff",
    )
    names = ("title", "id", "status", "level", "tags", "references", "author", "date", "description", "logsource", "detection",
             "fields", "falsepositives", "tests", "tocsin", "correlation", "related", "filter", "action", "name", "taxonomy")  # fmt: skip
    count = 0
    for name in names:
        for value in values:
            count += 1
            (folder / f"{count}.yml").write_text(rule() + f"{name}: {value}\n")
            plain = "\n".join(
                line for line in rule().split("\n") if not line.startswith(name + ":")
            )
            (folder / f"{count}b.yml").write_text(plain + f"{name}: {value}\n")
    inner = ("step", "fold", "because", "remediation", "outcome", "gathers")
    for name in inner:
        for value in values:
            count += 1
            (folder / f"{count}.yml").write_text(
                rule(id=f"33333333-3333-4333-8333-{count:012}") + f"tocsin: {{{name}: {value}}}\n"
            )
    for number, sentence in enumerate(
        (
            "{",
            "{}",
            "{0}",
            "{client.__class__}",
            "{client!r:>999999999}",
            "{nothing}",
            "%s",
            "}" * 100,
        )
    ):
        (folder / f"said{number}.yml").write_text(
            rule(id=f"44444444-4444-4444-8444-{number:012}")
            + f"tocsin: {{because: {json.dumps(sentence)}}}\n"
        )
    for number, value in enumerate(values):
        (folder / f"d{number}.yml").write_text(
            rule(f"  a: {value}\n  condition: a\n", id=f"55555555-5555-4555-8555-{number:012}")
        )
        (folder / f"c{number}.yml").write_text(
            rule(
                f"  a: {{x: y}}\n  condition: {value}\n", id=f"66666666-6666-4666-8666-{number:012}"
            )
        )
        (folder / f"f{number}.yml").write_text(
            rule(
                f"  a: {{cs-uri-query: {value}, 'x|re|nope|all': {value}}}\n  condition: a\n",
                id=f"77777777-7777-4777-8777-{number:012}",
            )
        )


def round_rules(folder: Path, size: int) -> None:
    def correlation(name: str, rules: str, kind: str = "event_count", more: str = "") -> None:
        (folder / f"{name}.yml").write_text(
            f"title: {name}\nname: {name}\nid: 88888888-8888-4888-8888-{zlib.crc32(name.encode()):012}\nstatus: test\nlevel: high\n"
            f"correlation:\n  type: {kind}\n  rules: [{rules}]\n  group-by: [c-ip]\n  timespan: 1h\n  condition: {{gte: 1}}\n{more}"
        )

    correlation("itself", "itself")
    correlation("first", "second")
    correlation("second", "first")
    correlation("nobody", "gone")
    correlation("none", "")
    correlation("ordered", "first, Good, itself", "temporal_ordered")
    for number in range(size):
        correlation(f"chain{number}", f"chain{number + 1}")
    correlation(
        "quoted",
        "11111111-1111-4111-8111-111111111111",
        more='  aliases: {"a\\"; DROP TABLE rows; --": {x: "y\\""}}\n',
    )
    correlation("much", ", ".join(["11111111-1111-4111-8111-111111111111"] * 5000))
    (folder / "span.yml").write_text(
        "title: span\nid: 99999999-9999-4999-8999-999999999999\nlevel: high\ncorrelation:\n  type: value_count\n"
        "  rules: [11111111-1111-4111-8111-111111111111]\n  group-by: ['\"', \"a'b\", '']\n  timespan: 999999999999999d\n  condition: {gte: 1e400, field: '\"; --'}\n"
    )
