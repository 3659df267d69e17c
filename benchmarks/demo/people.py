"""Who writes to whom at the invented retailer, and through which server."""

from __future__ import annotations

from dataclasses import dataclass

OWN = "contoso.example"
INSIDE = "corp.contoso.example"


@dataclass(frozen=True)
class Server:
    """An Exchange server: short name, address, build as its Received lines print it."""

    name: str
    address: str
    build: str

    @property
    def full(self) -> str:
        """The name in the domain."""
        return f"{self.name}.{INSIDE}"


EX01 = Server("EX01", "10.20.0.11", "15.2.1544.36")
EX02 = Server("EX02", "10.20.0.12", "15.2.1748.48")
EX03 = Server("EX03", "10.30.4.13", "15.1.2176.9")
HYB01 = Server("HYB01", "10.20.0.21", "15.0.1497.44")


@dataclass(frozen=True)
class Person:
    """Somebody who writes. home: the server of the mailbox; None for people elsewhere."""

    name: str
    address: str
    computer: str
    home: Server | None = None

    @property
    def domain(self) -> str:
        """The part behind the `@`."""
        return self.address.partition("@")[2]

    @property
    def first(self) -> str:
        """How colleagues call them."""
        return self.name.split()[0]


def _own(name: str, computer: str, home: Server) -> Person:
    local = name.lower().replace(" ", ".")
    return Person(name, f"{local}@{OWN}", computer, home)


CLAIRE = _own("Claire Martin", "10.20.7.31", EX01)
PAUL = _own("Paul Durand", "10.20.7.32", EX01)
NADIA = _own("Nadia Benali", "10.20.7.33", EX01)
HUGO = _own("Hugo Lambert", "10.20.8.21", EX02)
INES = _own("Ines Roche", "10.20.8.22", EX02)
LUCAS = _own("Lucas Moreau", "10.20.8.23", EX02)
EMMA = _own("Emma Dubois", "10.20.7.34", EX01)
YANN = _own("Yann Le Gall", "10.20.7.35", EX01)
SARA = _own("Sara Haddad", "10.20.8.24", EX02)
MARC = _own("Marc Petit", "10.30.9.41", EX03)
SOPHIE = _own("Sophie Leroy", "10.30.9.42", EX03)
THEO = _own("Theo Girard", "10.30.9.43", EX03)
ANNA = Person("Anna Fischer", "a.fischer@fabrikam.example", "192.0.2.51")
JORGE = Person("Jorge Silva", "jorge.silva@adatum.example", "192.0.2.52")
KAREN = Person("Karen Dale", "k.dale@northwind.example", "192.0.2.53")
LUIS = Person("Luis Ortega", "l.ortega@tailspin.example", "192.0.2.54")
MIA = Person("Mia Jansen", "mia.jansen@proseware.example", "192.0.2.55")
OLE = Person("Ole Berg", "ole.berg@litware.example", "192.0.2.56")

OFFICE = (CLAIRE, PAUL, NADIA, HUGO, INES, LUCAS, EMMA, YANN, SARA)
DEPOT = (MARC, SOPHIE, THEO)
PARTNERS = (ANNA, JORGE, KAREN, LUIS, MIA, OLE)
