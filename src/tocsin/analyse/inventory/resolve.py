"""From a version as a source printed it to the builds that can be installed."""

from __future__ import annotations

import msgspec

from tocsin.knowledge.catalogue import MAY_2021_UPDATE, Branch, Knowledge
from tocsin.model.build import Build, BuildRange, Version
from tocsin.model.text import N_, Sentence, say


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """The installed builds a version can mean, and why not fewer."""

    builds: BuildRange
    because: Sentence
    cu_only: bool


def resolve(knowledge: Knowledge, version: Version) -> Resolution | None:
    """Every build that may be installed where a source printed `version`.

    None when no Exchange of that number was ever published. Rules (measured, inventory.md): AD,
    AdminDisplayVersion and OWA paths name the CU only; the SMTP id of a CU older than May 2021
    stays at its base whatever update is installed up to Apr21SU; component numbers lie below the
    CU's own build; an unpublished build lies between its neighbours.
    """
    exact = version.exact
    if exact is None or version.precision == "cu":
        return _cumulative_update(knowledge, version)
    if version.precision in ("smtp", "mapi"):
        row = knowledge.received_by_id.get(
            ("smtp" if version.precision == "smtp" else "mapi", exact)
        )
        if row is not None:
            return Resolution(
                builds=BuildRange(row.low, row.high),
                because=_received_reason(row.kind, exact),
                cu_only=False,
            )
    branch = knowledge.branch_of(exact)
    if branch is None:
        return _between(knowledge, exact)
    if version.precision == "smtp" and exact <= branch.base and _predates_may_2021(branch):
        return _base_or_later(branch, exact)
    if exact < branch.base:
        return _one(branch.base, N_("component number of {cu}, whose build is {build}"), branch)
    if exact in knowledge.release_by_build:
        return _one(exact, N_("the build of {cu}"), branch)
    return _between(knowledge, exact)


def _one(build: Build, template: str, branch: Branch) -> Resolution:
    return Resolution(
        builds=BuildRange(build, build),
        because=say(template, cu=branch.label, build=str(build)),
        cu_only=False,
    )


def _cumulative_update(knowledge: Knowledge, version: Version) -> Resolution | None:
    branch = knowledge.branch_of(Build(version.major, version.minor, version.build, 0))
    if branch is None:
        return None
    return Resolution(
        builds=BuildRange(branch.base, branch.span.high),
        because=say(
            N_("this source names the cumulative update only: {cu} with any of its updates"),
            cu=branch.label,
        ),
        cu_only=True,
    )


def _predates_may_2021(branch: Branch) -> bool:
    return branch.releases[0].build.major == 15 and branch.released < MAY_2021_UPDATE


def _base_or_later(branch: Branch, printed: Build) -> Resolution:
    last = max(r.build for r in branch.releases if r.released < MAY_2021_UPDATE)
    return Resolution(
        builds=BuildRange(branch.base, max(branch.base, last)),
        because=_received_reason("base-or-pre-May21-update", printed),
        cu_only=False,
    )


def _between(knowledge: Knowledge, build: Build) -> Resolution | None:
    """Place an unpublished build between its published neighbours of the same product line."""
    below, above = knowledge.neighbours(build)
    if below is None or (below.major, below.minor) != (build.major, build.minor):
        return None
    branch = knowledge.branch_of(build)
    if above is None or (branch is not None and knowledge.branch_of(above) is not branch):
        # Newer than the last update known of its CU: at least that one, at most itself.
        if branch is None:
            return None
        return Resolution(
            builds=BuildRange(below, build),
            because=say(
                N_("{build} is newer than {below}, the last update of {cu} known here"),
                build=str(build),
                below=str(below),
                cu=branch.label,
            ),
            cu_only=False,
        )
    if (above.major, above.minor) != (build.major, build.minor):
        return None
    return Resolution(
        builds=BuildRange(below, above),
        because=say(
            N_("{build} was never published; it lies between {below} and {above}"),
            build=str(build),
            below=str(below),
            above=str(above),
        ),
        cu_only=False,
    )


_RECEIVED_REASONS = {
    "exact": N_("the id {build} of a Received header is the installed build"),
    "base-or-pre-May21-update": N_(
        "the SMTP id {build} does not move with updates before May 2021: the base, or any update "
        "up to April 2021"
    ),
    "component-below-base": N_("{build} is a component number of the cumulative update itself"),
    "between": N_("{build} is a component number between two published builds"),
    "alias": N_("{build} is the transport number of an update published under another number"),
    "range": N_("the transport number {build} stands for more than one update"),
}


def _received_reason(kind: str, build: Build) -> Sentence:
    template = _RECEIVED_REASONS.get(kind, _RECEIVED_REASONS["between"])
    return say(template, build=str(build))
