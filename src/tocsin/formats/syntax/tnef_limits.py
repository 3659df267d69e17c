"""What the TNEF streams of one mail may cost, and what is told where they are cut or damaged."""

from __future__ import annotations

from tocsin.formats.syntax.rich_text import RICH_LIMIT
from tocsin.model.text import N_, Sentence, say

DEPTH_LIMIT = 5
"""Streams in one another that are gone into, attached messages and attached streams alike."""

STREAMS_LIMIT = 50
"""Streams of one mail that are read, beside those of attached messages in them."""

ATTRIBUTES_LIMIT = 20_000
"""Attributes that are read of all streams of one mail."""

VALUES_LIMIT = 200_000
"""Values of properties that are passed in all streams of one mail."""

FILES_LIMIT = 400
"""Attachments that are read of all streams of one mail."""

DATA_LIMIT = 64 * 1024 * 1024
"""Bytes of attachments that are read of all streams of one mail, those in others counted again."""

TEXT_LIMIT = 2 * 1024 * 1024
"""Bytes of one text, or of one rich text as it is packed."""

RICH_TEXTS_LIMIT = 16 * 1024 * 1024
"""Bytes that the rich texts of all streams of one mail may unpack to."""

DAMAGED = N_(
    "the Outlook data (winmail.dat) of this mail is damaged: it was read as far as it goes"
)
CHECKSUM = N_(
    "a checksum in the Outlook data (winmail.dat) of this mail is wrong: it was read all the same"
)
DEEP = N_("Outlook data (winmail.dat) nested deeper than {limit} levels is not gone into")
MANY_STREAMS = N_("more than {limit} parts of Outlook data (winmail.dat): the rest is not read")
MANY_ATTRIBUTES = N_(
    "more than {limit} entries in the Outlook data (winmail.dat): the rest is left out"
)
MANY_VALUES = N_("more than {limit} values in the Outlook data (winmail.dat): the rest is left out")
MANY_FILES = N_(
    "more than {limit} attachments in the Outlook data (winmail.dat): the rest is left out"
)
MUCH_DATA = N_(
    "only the first {limit} bytes of the attachments in the Outlook data (winmail.dat) were read"
)
MUCH_RICH_TEXT = N_(
    "more than {limit} bytes of rich text in the Outlook data (winmail.dat): the rest is left out"
)
LONG_TEXT = N_("only the first {limit} bytes of a text in the Outlook data (winmail.dat) were read")


class Room:
    """What may still be read of the streams of one mail, and what was told of them."""

    def __init__(self) -> None:
        self.streams = STREAMS_LIMIT
        self.attributes = ATTRIBUTES_LIMIT
        self.values = VALUES_LIMIT
        self.files = FILES_LIMIT
        self.data = DATA_LIMIT
        self.rich = RICH_TEXTS_LIMIT
        self.faults: dict[str, Sentence] = {}

    def fault(self, template: str, **values: int) -> None:
        """Told once."""
        self.faults.setdefault(template, say(template, **values))

    def damaged(self) -> None:
        """Sizes that lead beyond the end, or kinds that there are not."""
        self.fault(DAMAGED)

    def taken(self, data: memoryview) -> bytes:
        """The data of an attachment, as far as there is room."""
        if len(data) > self.data:
            self.fault(MUCH_DATA, limit=DATA_LIMIT)
        found = bytes(data[: self.data])
        self.data -= len(found)
        return found

    def another_stream(self) -> bool:
        """Count one stream; False when there were too many."""
        self.streams -= 1
        if self.streams < 0:
            self.fault(MANY_STREAMS, limit=STREAMS_LIMIT)
        return self.streams >= 0

    def another_file(self) -> bool:
        """Count one attachment; False when there were too many."""
        self.files -= 1
        if self.files < 0:
            self.fault(MANY_FILES, limit=FILES_LIMIT)
        return self.files >= 0

    def another_rich_text(self, packed: bytes) -> bool:
        """Count what a rich text claims to unpack to; False when all together claim too much."""
        size = len(packed) if packed[:1] == b"{" else int.from_bytes(packed[4:8], "little")
        self.rich -= min(size, RICH_LIMIT)
        if self.rich < 0:
            self.fault(MUCH_RICH_TEXT, limit=RICH_TEXTS_LIMIT)
        return self.rich >= 0
