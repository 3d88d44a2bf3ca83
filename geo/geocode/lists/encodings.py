"""In which encoding a text file is: by its mark, else by what its bytes can be; a few broken bytes do not hide it."""

from __future__ import annotations

import codecs

from geo.errors import Problem
from geo.geocode.lists.rows import Fault, ListError, ListFile

BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_NAMES = {"utf-8": "UTF-8", "gb18030": "GB18030 (or GBK, which it holds): it is not UTF-8"}
# What no decoder makes of good bytes, unless it stands in the file itself.
BROKEN = "\ufffd"
# So many broken bytes are some cells that somebody else has spoilt; more are a file in another encoding, or none of text.
_FEW, _FEW_SHARE = 20, 0.001


def find_encoding(file: ListFile) -> tuple[str, str, bool]:
    """Find the encoding of a text file.

    Text in GB18030 is next to never valid UTF-8, while UTF-8 can often be read as GB18030, as nonsense and with an error now and then: the one of the
    two with fewer broken bytes is it, and UTF-8 where they are even.

    Returns
    -------
    encoding, name, is_broken
        As Python names it, in words, and whether some bytes are none of it.

    Raises
    ------
    ListError
        If too many bytes are broken; it names the first one.
    """
    with file.open() as content:
        start = content.read(BLOCK)
    for mark, encoding, name in _MARKS:
        if start.startswith(mark):
            return encoding, name, _verify(file, encoding)
    first, second = start[:4000:2].count(0), start[1:4000:2].count(0)
    # The delimiters and line ends of such text are a zero and a letter, always in the same order.
    if first + second > max(2, len(start[:4000]) / 20) and max(first, second) > 9 * min(first, second):
        encoding = "utf-16-le" if second > first else "utf-16-be"
        return encoding, "UTF-16 without a byte order mark", _verify(file, encoding)
    broken = {"utf-8": _count_broken(file, "utf-8")}
    if broken["utf-8"]:
        broken["gb18030"] = _count_broken(file, "gb18030")
    encoding = min(broken, key=lambda each: broken[each])
    return ("utf-8-sig" if encoding == "utf-8" else encoding), _NAMES[encoding], bool(broken[encoding]) and _verify(file, encoding)


def check_encoding(file: ListFile, encoding: str) -> tuple[str, str, bool]:
    """Take the encoding that somebody has named.

    Returns
    -------
    encoding, name, is_broken
        As :func:`find_encoding`.

    Raises
    ------
    ListError
        If there is none of this name, or too many bytes are none of it.
    """
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)
        is_broken = _verify(file, "utf-8" if name == "utf-8-sig" else name)
    except (LookupError, AttributeError):
        raise ListError(Problem(file.name, 0, "", encoding, "a text encoding such as utf-8 or gb18030"), Fault.BYTES) from None
    return ("utf-8-sig" if name == "utf-8" else name), name.upper(), is_broken


def _verify(file: ListFile, encoding: str) -> bool:
    """Tell whether some bytes are broken; an error where it is more than some."""
    count, characters, first = 0, 0, -1
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with file.open() as content:
        while block := content.read(BLOCK):
            text = decoder.decode(block)
            count, characters = count + text.count(BROKEN), characters + len(text)
    count += decoder.decode(b"", final=True).count(BROKEN)
    if count > max(_FEW, characters * _FEW_SHARE) or (count and count * 4 > characters):
        first = _first_broken(file, encoding)
    if first >= 0:
        raise _broken(file, encoding, first, count)
    return count > 0


def _count_broken(file: ListFile, encoding: str) -> int:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    count = 0
    with file.open() as content:
        while block := content.read(BLOCK):
            count += decoder.decode(block).count(BROKEN)
    return count + decoder.decode(b"", final=True).count(BROKEN)


def _first_broken(file: ListFile, encoding: str) -> int:
    """Return the offset of the first byte that is not valid, counted from 0; -1 where all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    with file.open() as content:
        while True:
            block = content.read(BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return offset - pending + error.start
            offset += len(block)
            if not block:
                return -1


def _broken(file: ListFile, encoding: str, offset: int, count: int) -> ListError:
    line, rest = 1, offset
    with file.open() as content:
        while rest and (block := content.read(min(rest, BLOCK))):
            line += block.count(b"\n")
            rest -= len(block)
        byte = content.read(1)
    names = {"utf-8": "UTF-8, which it is up to there", "gb18030": "GB18030, which it is up to there"}
    expected = f"text in {names.get(encoding, encoding.upper())}, but for a few bytes, and {count} are none; --encoding names another"
    return ListError(Problem(file.name, line, "", f"byte {offset + 1}: 0x{byte.hex()}", expected), Fault.BYTES)
