"""The sentences of the verdicts, each with the facts that prove it."""

from __future__ import annotations

from typing import Literal

from tocsin.knowledge.catalogue import Advisory, Branch, Fix, Knowledge
from tocsin.model.build import Build
from tocsin.model.text import N_, Sentence, say

MIXED = N_(
    "the evidence allows {range}: builds up to {open_until} are open to it, from {fixed} on they "
    "are fixed"
)
NONE_OPEN = N_(
    "none of the builds of {range} is open to it: some have the fix, the others never had the hole"
)
SETTLE_BUILD = N_(
    "Read the file version of ExSetup.exe on the server, or the X-OWA-Version header it answers "
    "with."
)
SETTLE_NOTICE = N_("Compare with Microsoft's update guide, or refresh the knowledge.")
SETTLE_CONFIG = N_("Look at: {setting}. Where: {where}.")
JUST_CODE = N_("the code of the fix is present, the configuration is unknown: {setting}")

_FIX = {
    "affected": N_("{build} is older than {fixed}, the first build of {cu} with the fix"),
    "affected-update": N_(
        "{build} is older than {fixed} ({update}), the first build of {cu} with the fix"
    ),
    "fixed": N_("{build} is not older than {fixed}, the first build of {cu} with the fix"),
    "fixed-update": N_(
        "{build} is not older than {fixed} ({update}), the first build of {cu} with the fix"
    ),
    "inferred": N_("{cu} was published on {released}, after the fix, and contains it"),
    "disputed": N_(
        "sources disagree: {source} says fixed in {fixed}, {other_source} says {other}; {build} "
        "lies between"
    ),
}
_BRANCH = {
    "later": N_("{cu} was published on {released}, after the fix, and contains it"),
    "older": N_(
        "{cu} never got the fix, which was made for {first} and others; it stays open until the "
        "server moves to one that has it"
    ),
    "same-time": N_(
        "{cu} was published on {released}, in the days of the fix, and no source names its build"
    ),
}


def fix_reason(
    kind: Literal["affected", "fixed", "disputed"], fix: Fix, branch: Branch, build: Build
) -> Sentence:
    """Why a build is, or is not, older than the fix of its CU."""
    values: dict[str, str | int] = {
        "build": str(build),
        "fixed": str(fix.first_fixed),
        "cu": branch.label,
    }
    if kind == "disputed":
        values |= {
            "source": fix.source,
            "other": str(fix.alternative),
            "other_source": fix.alternative_source,
        }
        return say(_FIX[kind], **values)
    if kind == "fixed" and fix.basis == "inferred-later-cu":
        return say(_FIX["inferred"], cu=branch.label, released=branch.released.isoformat())
    if fix.update and fix.update != "inferred":
        return say(_FIX[f"{kind}-update"], update=fix.update, **values)
    return say(_FIX[kind], **values)


def branch_reason(
    kind: Literal["later", "older", "same-time"], branch: Branch, first: Branch
) -> Sentence:
    """Why a CU that no source lists is open, or not."""
    return say(
        _BRANCH[kind], cu=branch.label, released=branch.released.isoformat(), first=first.label
    )


def settle_config(knowledge: Knowledge, advisory: Advisory) -> Sentence:
    """Which setting decides, and where to look at it."""
    check = knowledge.config_check_by_name.get(advisory.config_check)
    if check is None:
        return say(N_("Look at: {setting}."), setting=advisory.config_check)
    return say(SETTLE_CONFIG, setting=check.setting, where=check.where)
