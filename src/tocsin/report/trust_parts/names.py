"""Names that we gave things in the trust graph ourselves, in the reader's language."""

from __future__ import annotations

import msgspec

from tocsin.model.marking import N_
from tocsin.model.run import Run
from tocsin.report import Translate

OURS = frozenset(
    (
        N_("tenant"),
        N_("mailboxes in Exchange Online"),
        N_("mail taken for internal"),
        N_("domain"),
        N_("mailboxes on-premises"),
        N_("any internal host"),
        N_("internet"),
    )
)
"""Other names are those of the exports, and stay as they are."""


def in_words(run: Run, translate: Translate) -> Run:
    """The same run with our own names of nodes translated."""
    if run.trusts is None:
        return run
    nodes = tuple(
        msgspec.structs.replace(each, name=translate(each.name)) if each.name in OURS else each
        for each in run.trusts.nodes
    )
    chokes = tuple(
        msgspec.structs.replace(
            each,
            name=" → ".join(translate(x) if x in OURS else x for x in each.name.split(" → ")),
        )
        for each in run.trusts.chokes
    )
    return msgspec.structs.replace(
        run, trusts=msgspec.structs.replace(run.trusts, nodes=nodes, chokes=chokes)
    )
