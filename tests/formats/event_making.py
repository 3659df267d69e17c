"""Small .evtx files, written as [MS-EVEN6] and the description of the format say."""

import struct

CHUNK = 65536


def _text(text: str) -> bytes:
    return struct.pack("<H", len(text)) + text.encode("utf-16-le")


class _Chunk:
    def __init__(self) -> None:
        self.data = bytearray(512)

    def name(self, text: str) -> None:
        """An offset to a name, and the name behind it."""
        self.data += struct.pack("<I", len(self.data) + 4)
        self.data += struct.pack("<IH", 0, 0) + _text(text) + b"\0\0"

    def element(self, name: str, attributes: dict[str, str], children) -> None:
        self.data += bytes([0x41 if attributes else 0x01])
        size_at = len(self.data)
        self.data += bytes(4)
        self.name(name)
        if attributes:
            list_at = len(self.data)
            self.data += bytes(4)
            for number, (key, value) in enumerate(attributes.items(), 1):
                self.data += bytes([0x46 if number < len(attributes) else 0x06])
                self.name(key)
                self.data += b"\x05\x01" + _text(value)
            struct.pack_into("<I", self.data, list_at, len(self.data) - list_at - 4)
        self.data += b"\x02"
        if isinstance(children, str):
            if children:
                self.data += b"\x05\x01" + _text(children)
        else:
            for each in children:
                self.element(*each)
        self.data += b"\x04"
        struct.pack_into("<I", self.data, size_at, len(self.data) - size_at - 4)


def evtx(events: list) -> bytes:
    """A file of one chunk. events: the elements below `Event`: (name, attributes, children)."""
    chunk = _Chunk()
    last = 512
    for number, children in enumerate(events, 1):
        last = len(chunk.data)
        chunk.data += b"**\0\0" + bytes(4) + struct.pack("<QQ", number, 132590000000000000)
        chunk.data += b"\x0f\x01\x01\x00"
        chunk.element("Event", {}, children)
        chunk.data += b"\x00"
        size = len(chunk.data) - last + 4
        chunk.data += struct.pack("<I", size)
        struct.pack_into("<I", chunk.data, last + 4, size)
    count, end = len(events), len(chunk.data)
    struct.pack_into("<8sQQQQIII", chunk.data, 0, b"ElfChnk\0", 1, count, 1, count, 128, last, end)
    head = bytearray(4096)
    struct.pack_into("<8sQQQIHHHH", head, 0, b"ElfFile\0", 0, 0, count + 1, 128, 1, 3, 4096, 1)
    return bytes(head) + bytes(chunk.data).ljust(CHUNK, b"\0")


def event(provider: str, number: int, channel: str, data: list, computer="mx1.contoso.example"):
    """The elements of an event with unnamed values (strings) or named ones (pairs)."""
    return [
        (
            "System",
            {},
            [
                ("Provider", {"Name": provider}, []),
                ("EventID", {"Qualifiers": "16384"}, str(number)),
                ("TimeCreated", {"SystemTime": "2024-05-01T10:00:00.000000Z"}, []),
                ("Channel", {}, channel),
                ("Computer", {}, computer),
            ],
        ),
        (
            "EventData",
            {},
            [
                ("Data", {}, each)
                if isinstance(each, str)
                else ("Data", {"Name": each[0]}, each[1])
                for each in data
            ],
        ),
    ]
