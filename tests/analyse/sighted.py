"""Sightings of servers as sources would tell them, and the servers that come of them."""

from tocsin.analyse.inventory.ledger import ledger_of
from tocsin.analyse.inventory.room import inventory
from tocsin.knowledge import load
from tocsin.model.build import parse_version
from tocsin.model.evidence import Evidence, Host, Look
from tocsin.model.locator import Locator


def seen(*names, by="mail", build="15.2.1748.39", precision="update", at="a", when=None, **more):
    return Evidence(
        at=Locator(source=f"case/{at}", position="1"),
        seen=when,
        quote=build or "",
        body=Host(
            seen_by=by,
            names=names,
            product="Exchange Server",
            version=parse_version(build, precision) if build else None,
            **more,
        ),
    )


def look(by, scope=""):
    return Evidence(at=Locator(source="scan"), body=Look(seen_by=by, scope=scope, records=1))


def servers(*evidence, own=()):
    return {s.name: s for s in inventory(ledger_of(evidence), load(), own).servers}
