"""Where each node of the trust picture stands: layers from left to right, the cloud above the house.

The same places serve the picture that is drawn here, without script, and the one that moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tocsin.model.trusts import NodeKind
from tocsin.report.html_parts.trust_fold import Drawn, DrawnNode

LAYER: dict[NodeKind, int] = {
    "Internet": 0, "InternalFoothold": 0, "RelayDevice": 0, "HybridAgent": 1, "IOC": 1,
    "OrgRelationship": 1, "MigrationEndpoint": 1, "OutboundConnector": 1, "ReceiveConnector": 1,
    "ADComputer": 2, "ExchangeServer": 2, "EdgeServer": 2, "Certificate": 3, "ADGroup": 3,
    "SendConnector": 3, "TransportRule": 3, "AcceptedDomain": 4, "InboundConnector": 4,
    "FirstPartySP": 4, "DedicatedApp": 4, "AuthServer": 4, "PartnerApplication": 4, "AppRole": 5,
    "EntraConnect": 4, "Tenant": 6, "CloudMailboxes": 6, "ADDomain": 6, "MailTrust": 6,
    "OnPremMailboxes": 6,
}  # fmt: skip
"""Outside, ways in, servers, keys and groups, what they open, rights, targets."""

GROUP_OF_GROUPS = 4
"""The layer of a group that groups are members of."""

WIDTH, HEIGHT = 184, 60
"""Of a node, in units of the picture (pixels at its full size)."""
COLUMN, ROW = 238, 72
"""Between the left edges of two layers, and the tops of two nodes of one."""
MARGIN = 14
BAND = 26
"""Above the nodes of a band, for its name; and half of it between the bands."""
SWEEPS = 6
"""Times that the order within a layer is bettered by where the neighbours stand."""


class Spot(msgspec.Struct, frozen=True):
    """The upper left corner of a node."""

    x: int
    y: int


class Band(msgspec.Struct, frozen=True):
    """One side as a rectangle. side: `cloud` or `on-premises`."""

    side: str
    x: int
    y: int
    width: int
    height: int


class Layout(msgspec.Struct, frozen=True):
    """Places by drawn node, and how big the picture is."""

    spots: tuple[Spot, ...]
    bands: tuple[Band, ...]
    width: int
    height: int


def layout(picture: Drawn) -> Layout:
    """Layers that hold nothing take no room."""
    layers = [_layer(picture, number) for number in range(len(picture.nodes))]
    columns = {layer: column for column, layer in enumerate(sorted(set(layers)))}
    cells: dict[tuple[int, str], list[int]] = {}
    sides = [_side(node) for node in picture.nodes]
    for number, side in enumerate(sides):
        cells.setdefault((columns[layers[number]], side), []).append(number)
    _order(picture, cells)
    return _placed(sides, cells, len(columns))


def curve(one: Spot, other: Spot) -> tuple[int, int, int, int, int, int, int, int]:
    """A cubic from the right of one node to the left of another, or around on the right."""
    x1, y1 = one.x + WIDTH, one.y + HEIGHT // 2
    y2 = other.y + HEIGHT // 2
    if other.x > one.x:
        x2 = other.x
        reach = (x2 - x1) // 2 if x2 - x1 < COLUMN else (x2 - x1) * 2 // 5
        return x1, y1, x1 + reach, y1, x2 - reach, y2, x2, y2
    if other.x == one.x:
        return x1, y1, x1 + 50, y1, x1 + 50, y2, x1, y2
    x1, x2 = one.x, other.x + WIDTH
    reach = max((x1 - x2) // 2, 40)
    return x1, y1 + 8, x1 - reach, y1 + 8, x2 + reach, y2 + 8, x2, y2 + 8


def _layer(picture: Drawn, number: int) -> int:
    node = picture.nodes[number]
    if node.kind == "ADGroup" and any(
        edge.target == number and picture.nodes[edge.source].kind == "ADGroup"
        for edge in picture.edges
    ):
        return GROUP_OF_GROUPS
    return LAYER[node.kind]


def _side(node: DrawnNode) -> str:
    """Where an intruder may begin stands outside both bands, whosever it is."""
    return node.side if LAYER[node.kind] else "outside"


def _order(picture: Drawn, cells: dict[tuple[int, str], list[int]]) -> None:
    """Each node near the middle of its neighbours, so that fewer lines cross."""
    near: dict[int, list[int]] = {}
    for edge in picture.edges:
        near.setdefault(edge.source, []).append(edge.target)
        near.setdefault(edge.target, []).append(edge.source)
    height = {n: float(at) for found in cells.values() for at, n in enumerate(found)}
    for sweep in range(SWEEPS):
        for key in sorted(cells, reverse=bool(sweep % 2)):
            found = cells[key]
            middle = {
                n: sum(height[m] for m in near.get(n, (n,))) / len(near.get(n, (n,))) for n in found
            }
            found.sort(key=lambda n: (bool(picture.nodes[n].folded), middle[n], n))
            for at, n in enumerate(found):
                height[n] = at - len(found) / 2


def _placed(
    sides: Sequence[str], cells: Mapping[tuple[int, str], list[int]], columns: int
) -> Layout:
    def most(side: str) -> int:
        return max((len(found) for (_, s), found in cells.items() if s == side), default=0)

    heights = {side: most(side) * ROW for side in ("cloud", "on-premises")}
    tops: dict[str, int] = {}
    y = MARGIN
    for side, height in heights.items():
        tops[side] = y + BAND
        y += height + BAND + BAND // 2 if height else 0
    inner = max(y - MARGIN, most("outside") * ROW + MARGIN)
    tops["outside"], heights["outside"] = MARGIN, inner
    spots: dict[int, Spot] = {}
    for (column, side), found in cells.items():
        start = tops[side] + (heights[side] - len(found) * ROW) // 2
        for at, number in enumerate(found):
            spots[number] = Spot(
                2 * MARGIN + column * COLUMN, start + at * ROW + (ROW - HEIGHT) // 2
            )
    width = 4 * MARGIN + (columns - 1) * COLUMN + WIDTH if columns else 0
    return Layout(
        spots=tuple(spots[number] for number in range(len(sides))),
        bands=tuple(_bands(sides, spots, tops, heights)),
        width=width,
        height=inner + 2 * MARGIN,
    )


def _bands(
    sides: Sequence[str],
    spots: Mapping[int, Spot],
    tops: Mapping[str, int],
    heights: Mapping[str, int],
) -> list[Band]:
    found = []
    for side in ("cloud", "on-premises"):
        across = [spots[number].x for number, its in enumerate(sides) if its == side]
        if across:
            left, right = min(across) - MARGIN, max(across) + WIDTH + MARGIN
            found.append(Band(side, left, tops[side] - BAND, right - left, heights[side] + BAND))
    return found
