"""Mailboxes of many mails, each of them harmless, that are hostile together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

FROM_LINE = b"From x@contoso.example Fri Nov  7 10:00:00 2025\n"


def mailbox(mail: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """A mailbox file of so many mails."""

    def write(count: int) -> bytes:
        return b"".join(_each(mail, count))

    return write


def _each(mail: Callable[[int], bytes], count: int) -> Iterator[bytes]:
    for number in range(count):
        yield FROM_LINE
        yield mail(number)
        yield b"\n"


def _mail(
    number: int, *, who: str = "", answers: str = "", said: str = "", second: int | None = None
) -> bytes:
    at = number if second is None else second
    hour, minute = 8 + at // 3600 % 12, at // 60 % 60
    sender = who or f"P{number % 50} <p{number % 50}@fabrikam.example>"
    answered = f"In-Reply-To: <{answers}>\nReferences: <{answers}>\n" if answers else ""
    return (
        f"From: {sender}\nTo: bert@contoso.example\nSubject: Re: Offer {number}\n"
        f"Date: Fri, 7 Nov 2025 {hour:02}:{minute:02}:{at % 60:02} +0100\n"
        f"Message-ID: <{number}@fabrikam.example>\n{answered}\n{said or f'word{number} is here'}\n"
    ).encode()


def one_parent(number: int) -> bytes:
    """All claim to answer the same mail, with a link each to open."""
    said = f"please open https://files.partner{number}.test/invoice{number}.zip now"
    return _mail(number, answers="0@fabrikam.example", said=said)


def a_chain(number: int) -> bytes:
    """Each answers the one before."""
    return _mail(number, answers=f"{number - 1}@fabrikam.example")


def many_names(number: int) -> bytes:
    """One address, always another name."""
    return _mail(number, who=f"Name{number} Other{number} <one@fabrikam.example>")


def same_text(number: int) -> bytes:
    """All say the same words, as their own and as quoted."""
    words = "the same nine words are said by everybody here today and every day of the year again"
    return _mail(number, said=f"{words}\n\nOn 1 Jan 2025, a@contoso.example wrote:\n> {words}")


def one_second(number: int) -> bytes:
    """All of the same second, each with a link of its own into a thread of its own."""
    said = f"see https://h{number}.partner{number}.test/doc{number}.zip"
    return _mail(number, answers=f"t{number}@contoso.example", said=said, second=0)


def one_account(number: int) -> bytes:
    """One account answers thread after thread with one link: the longest burst."""
    said = "please see https://files.evil.test/invoice.zip"
    return _mail(
        number, who="Eve <eve@contoso.example>", answers=f"t{number}@contoso.example", said=said
    )
