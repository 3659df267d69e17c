"""How many mails a CPU-second the header pass reads, against the standard library's parser.

    python benchmarks/mail_headers.py [FOLDER ...] [--limit N]

Both read the same files, one mail each, one after the other in one process: open, read, and for
Tocsin recognition and all evidence; for the standard library `BytesHeaderParser` (compat32) only.
Without a folder, the real
threads of ../shared are extracted to a temporary one, or, where there are none, mails of the same
shape (44 fields, 6 kB of headers) are invented. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import tarfile
import tempfile
import time
from collections.abc import Callable
from email.parser import BytesHeaderParser
from pathlib import Path

from tocsin.formats import HEAD_SIZE, Reading, eml
from tocsin.formats.syntax.mail_headers import FIRST_CHUNK
from tocsin.model.evidence import Host
from tocsin.model.locator import Locator

ROUNDS = 5
THREADS = Path(__file__).resolve().parents[2] / "shared" / "samples" / "mail"
INVENTED = 4000

_TOP = """Return-Path: <list-bounces@lists.example.org>
Delivered-To: archive@example.net
Received: from lists.example.org (lists.example.org [203.0.113.20])
\tby mail.example.net (Postfix) with ESMTPS id 4QPCMS{n}
\tfor <archive@example.net>; Sun, 21 May 2023 09:46:46 +0200 (CEST)
Received: from boromir.example.org (localhost [IPv6:::1])
\tby lists.example.org (Postfix) with ESMTP id 4QPCMS6bJLz{n}
\tfor <archive@example.net>; Sun, 21 May 2023 17:46:44 +1000 (AEST)
Received: from mail.contoso.com (mail.contoso.com [198.51.100.9])
\t(using TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits))
\t(No client certificate requested)
\tby lists.example.org (Postfix) with ESMTPS id 4QL9Gb{n}
\tfor <list@lists.example.org>; Sun, 21 May 2023 17:46:40 +1000 (AEST)
"""
_EXCHANGE = """Received: from EX02.corp.contoso.com (10.1.2.4) by EX01.corp.contoso.com
 (10.1.2.3) with Microsoft SMTP Server (version=TLS1_2,
 cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.1.2507.{r}; Sun, 21 May
 2023 09:46:38 +0200
Received: from EX02.corp.contoso.com ([fe80::1:2:3]) by EX02.corp.contoso.com
 ([fe80::1:2:3%7]) with mapi id 15.01.2507.0{r}; Sun, 21 May 2023 09:46:37 +0200
"""
_REST = """ARC-Seal: i=1; a=rsa-sha256; s=s1; d=contoso.com; cv=none;
	b={filler}
ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=contoso.com; s=s1;
	h=From:Date:Subject:Message-ID:Content-Type:MIME-Version;
	bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
	b={filler}
ARC-Authentication-Results: i=1; mx.contoso.com 1; spf=pass
	smtp.mailfrom=contoso.com; dmarc=pass action=none header.from=contoso.com;
Authentication-Results: lists.example.org;
	dkim=pass (2048-bit key; unprotected) header.d=contoso.com header.a=rsa-sha256
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=contoso.com; s=s1;
\th=from:to:subject:date:message-id; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
\tb={filler}
From: Somebody <somebody@contoso.com>
To: list@lists.example.org
Subject: [list] a subject of ordinary length {n}
Date: Sun, 21 May 2023 07:46:37 +0000
Message-ID: <{n}.somebody@contoso.com>
References: <1@contoso.com> <2@contoso.com> <3@contoso.com>
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
X-Spam-Status: No, score=-1.9 required=5.0 tests=BAYES_00,DKIM_SIGNED,DKIM_VALID
List-Id: <list.lists.example.org>
List-Archive: <https://lists.example.org/archive/list>
List-Post: <mailto:list@lists.example.org>
List-Help: <mailto:list-request@lists.example.org?subject=help>
List-Subscribe: <https://lists.example.org/listinfo/list>
Thread-Topic: a subject of ordinary length {n}
Thread-Index: AQHZh9K3r5m7msiSQEa6LOqDE4ZGVQ==
Accept-Language: en-US
Content-Language: en-US
X-MS-Has-Attach:
X-MS-TNEF-Correlator:
X-Originating-IP: [10.1.2.9]
X-Mailer: git-send-email 2.18.0
X-Virus-Scanned: clamav-milter 0.103.8 at mail
X-Proofpoint-Spam-Details: rule=outbound_notspam policy=outbound score=0 suspectscore=0
	mlxscore=0 phishscore=0 bulkscore=0 spamscore=0 clxscore=1011 priorityscore=1501
X-Antispam-Report: {filler}
X-Antispam-Data: {filler}
 {filler}
X-Greylist: delayed 905 seconds by postgrey-1.36 at boromir
Sender: "list" <list-bounces@lists.example.org>
Errors-To: list-bounces@lists.example.org
Precedence: list
Content-Transfer-Encoding: 8bit
X-BeenThere: list@lists.example.org
X-Mailman-Version: 2.1.29
X-Original-To: list@lists.example.org
List-Unsubscribe: <https://lists.example.org/options/list>

"""


def invent(folder: Path) -> None:
    """Write mails of the usual shape: every third has passed Exchange servers."""
    for n in range(INVENTED):
        exchange = _EXCHANGE.format(r=10 + n % 60) if n % 3 == 0 else ""
        rest = _REST.format(n=n, filler="QUJD" * 90)
        body = "A line of text as people write them in mails.\n" * (20 + n % 160)
        (folder / f"{n:06}.eml").write_text(_TOP.format(n=n) + exchange + rest + body)


def extract(folder: Path) -> bool:
    """Extract the real threads; False when there are none."""
    archives = sorted(THREADS.glob("threads-*.tar.xz"))
    for each in archives:
        with tarfile.open(each) as archive:
            # Both count their mails from 0.
            archive.extractall(folder / each.name.partition(".")[0], filter="data")
    return bool(archives)


def standard_library(paths: list[str]) -> int:
    """Parse every header; the number of header fields."""
    parser = BytesHeaderParser()
    count = 0
    for path in paths:
        with open(path, "rb") as stream:  # noqa: PTH123 - as cheap as it gets
            count += len(parser.parse(stream).keys())
    return count


def read(path: str) -> bytes:
    """The file, in one read where it is small."""
    handle = os.open(path, os.O_RDONLY)
    try:
        data = os.read(handle, FIRST_CHUNK)
        while chunk := os.read(handle, FIRST_CHUNK) if len(data) >= FIRST_CHUNK else b"":
            data += chunk
    finally:
        os.close(handle)
    return data


def tocsin(paths: list[str]) -> int:
    """Recognise, read, keep the evidence; the number of hosts."""
    reading = Reading()
    count = 0
    for path in paths:
        data = read(path)
        if eml.recognise(data[:HEAD_SIZE]):
            for each in eml.read(io.BytesIO(data), Locator(source=path), reading):
                count += isinstance(getattr(each, "body", None), Host)
    return count


def cpu(work: Callable[[list[str]], int], paths: list[str]) -> tuple[float, int]:
    """CPU seconds, user and system, and what the work counted."""
    gc.collect()
    start = time.process_time()
    found = work(paths)
    return time.process_time() - start, found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="*", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="use the first N files only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folders = arguments.folder or [Path(temporary)]
        invented = not arguments.folder and not extract(Path(temporary))
        if invented:
            invent(Path(temporary))
        paths = sorted(str(path) for each in folders for path in each.rglob("*") if path.is_file())
        paths = paths[: arguments.limit] if arguments.limit else paths
        # In turns, and the least of each, so that what else the machine does falls on both.
        rounds = [(cpu(standard_library, paths), cpu(tocsin, paths)) for _ in range(ROUNDS)]
    theirs, fields = min(each for each, _ in rounds)
    ours, hosts = min(each for _, each in rounds)
    print(
        json.dumps(
            {
                "messages": len(paths),
                "invented": invented,
                "stdlib_messages_per_cpu_second": round(len(paths) / theirs),
                "tocsin_messages_per_cpu_second": round(len(paths) / ours),
                "ratio": round(theirs / ours, 2),
                "stdlib_fields": fields,
                "tocsin_hosts": hosts,
            }
        )
    )


if __name__ == "__main__":
    main()
