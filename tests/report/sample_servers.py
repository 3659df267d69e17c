"""Six invented servers: hidden, public, of unknown build, current, hostile, and somebody else's."""

from __future__ import annotations

from sample_parts import HOSTILE, period, proof, seen, server, told

from tocsin.model.run import Action, BuildSpan, Joining, Server


def servers() -> tuple[Server, ...]:
    hidden = told(
        "known from {inside}, absent from what {by} saw", inside="directory, mail", by="shodan"
    )
    public = told("seen from the internet by {by}", by="shodan")
    over = told("support of Exchange ended on {date}", date="2025-10-14")
    ex03, ex01 = "EX03.corp.contoso.example", "EX01.corp.contoso.example"
    return (
        server(
            1,
            ex03,
            names=(ex03, "EX03", "hybrid.contoso.example"),
            build=BuildSpan(low="15.1.2176.2", high="15.1.2176.2"),
            build_label="2016 CU19",
            support=over,
            level="critical",
            hidden=True,
            hidden_because=hidden,
            seen_by=("directory", "mail", "exchange-online"),
            visibility=seen(internet=False, exchange_online=True, directory=True, mail=True),
            history=(
                period(
                    "15.1.1913.5", "2016 CU15", "2020-02-03", "2020-07-20", count=214, name=ex03
                ),
                period(
                    "15.1.2044.4", "2016 CU17", "2020-08-02", "2021-01-17", count=402, name=ex03
                ),
                period(
                    "15.1.2176.2", "2016 CU19", "2021-02-01", "2025-11-06", count=3811, name=ex03
                ),
            ),
            joined=(
                Joining(
                    rule="guid",
                    value="7b0e",
                    because=told(
                        "joined by the same {rule}: {value}",
                        rule="GUID",
                        value="7b0e2a4c-55aa-4c1e-9d1a-0d5a3f0c9e11",
                    ),
                ),
                Joining(
                    rule="short-name",
                    value="EX03",
                    because=told(
                        "the short name {value} is used by one server of {organisation} only",
                        value="EX03",
                        organisation="contoso.example",
                    ),
                ),
            ),
            related=(
                Joining(
                    rule="address",
                    value="10.20.4.11",
                    because=told(
                        "shares the address {value} with {name}, which alone does not make them one",
                        value="10.20.4.11",
                        name="EX05.corp.contoso.example",
                    ),
                ),
            ),
            facts={"msExchServerSite": "Paris-Nord", "X-FEServer": "EX03"},
            action=Action(
                do=told(
                    "Patch {name} to {label} ({build}), which closes up to {count} "
                    "holes, then move it to Exchange SE: its support has ended.",
                    name=ex03,
                    label="2016 CU23 Oct25SU",
                    build="15.1.2507.61",
                    count=62,
                )
            ),
        ),
        server(
            2,
            "MAIL.contoso.example",
            names=("MAIL.contoso.example", "webmail.contoso.example"),
            addresses=("203.0.113.24",),
            product="Exchange Server 2019",
            build=BuildSpan(low="15.2.1118.7", high="15.2.1118.25"),
            build_label="2019 CU12 … Mar23SU",
            level="critical",
            hidden=False,
            hidden_because=public,
            seen_by=("mail", "shodan", "nmap"),
            support=over,
            visibility=seen(internet=True, mail=True, inside_probe=True, directory=False),
            history=(
                period("15.2.986.5", "2019 CU11", "2021-10-12", "2022-05-30", count=90),
                period(
                    "15.2.1118.7",
                    "2019 CU12 … Mar23SU",
                    "2022-06-12",
                    "2025-10-30",
                    high="15.2.1118.25",
                    count=1207,
                ),
                period(
                    "15.2.1118.0",
                    "2019 CU12",
                    "2025-11-01",
                    "2025-11-01",
                    by="shodan",
                    high="15.2.1118.40",
                ),
            ),
            contradictions=(
                told(
                    "an undated source names {higher}, newer than {lower} of the newest dated one",
                    higher="15.2.1258.12",
                    lower="15.2.1118.25",
                ),
            ),
            action=Action(
                do=told(
                    "Patch {name} to {label}: it closes up to {count} holes.",
                    name="MAIL.contoso.example",
                    label="2019 CU15 Oct25SU",
                    count=31,
                )
            ),
        ),
        server(
            3,
            "EX05.corp.contoso.example",
            hidden=True,
            hidden_because=hidden,
            product="Exchange Server",
            visibility=seen(internet=False, directory=True, mail=None),
            action=Action(
                do=told(
                    "Learn its build: read the file version of ExSetup.exe on {name}.",
                    name="EX05.corp.contoso.example",
                )
            ),
        ),
        server(
            4,
            ex01,
            product="Exchange Server 2019",
            build_label="2019 CU14 Oct25SU",
            build=BuildSpan(low="15.2.1544.36", high="15.2.1544.36"),
            hidden=False,
            hidden_because=public,
            seen_by=("mail", "shodan", "export"),
            support=over,
            visibility=seen(
                internet=True, mail=True, export=True, directory=True, exchange_online=False
            ),
            history=(
                period("15.2.1544.4", "2019 CU14", "2024-02-20", "2024-04-20", count=66),
                period("15.2.1544.11", "2019 CU14 Apr24HU", "2024-05-02", "2024-11-10", count=120),
                period(
                    "15.2.1544.14", "2019 CU14 Nov24SUv2", "2024-12-03", "2025-05-20", count=133
                ),
                period("15.2.1544.27", "2019 CU14 May25HU", "2025-06-04", "2025-10-11", count=98),
                period("15.2.1544.36", "2019 CU14 Oct25SU", "2025-10-18", "2025-11-19", count=71),
                period("15.2.1544.36", "2019 CU14 Oct25SU", "", "", by="export"),
                period(
                    "15.2.1544.36", "2019 CU14 Oct25SU", "2025-11-12", "2025-11-12", by="shodan"
                ),
            ),
            action=Action(do=told("Current. Check the settings that a patch alone does not set.")),
        ),
        server(
            5,
            HOSTILE[0],
            names=HOSTILE,
            addresses=("10.20.4.66", HOSTILE[2]),
            ours="unknown",
            organisation=HOSTILE[1],
            product="Exchange Server 2013",
            build_label="2013 CU23",
            build=BuildSpan(low="15.0.1497.2", high="15.0.1497.2"),
            level="critical",
            hidden_because=told(
                "a record of {by} may be this server, but nothing proves it", by=HOSTILE[5]
            ),
            history=(
                period(
                    "15.0.1497.2",
                    "2013 CU23",
                    "2019-07-01",
                    "2031-01-01",
                    trust="forgeable",
                    name=HOSTILE[6],
                ),
            ),
            facts={HOSTILE[3]: HOSTILE[4]},
            contradictions=(told("{x}", x=HOSTILE[7]),),
            joined=(
                Joining(
                    rule=HOSTILE[0], value=HOSTILE[8], because=told("joined: {x}", x=HOSTILE[8])
                ),
            ),
            evidence=tuple(proof(text, text, text, trust="forgeable") for text in HOSTILE),
            action=Action(do=told("Learn about {x}.", x=HOSTILE[9])),
        ),
        server(
            6,
            "mx1.fabrikam.example",
            ours=False,
            organisation="fabrikam.example",
            product="Exchange Server 2016",
            build_label="2016 CU23 Nov22SU … Mar23SU",
            build=BuildSpan(low="15.1.2507.16", high="15.1.2507.23"),
            addresses=("198.51.100.9",),
            history=(
                period(
                    "15.1.2507.16",
                    "2016 CU23 Nov22SU … Mar23SU",
                    "2023-02-01",
                    "2023-02-20",
                    high="15.1.2507.23",
                    trust="first-external",
                ),
            ),
        ),
    )
