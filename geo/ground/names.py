"""How names are compared: width, case, spaces, brackets and quotes do not count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

import opencc
from pypinyin import Style, lazy_pinyin
from pypinyin.seg import mmseg

_CHINESE = re.compile("[\u4e00-\u9fff]+")


def normalize_name(name: str) -> str:
    """Fold a name so that two ways to type it compare equal.

    Full width becomes half width (NFKC), capitals become small, and only letters and digits stay: spaces, brackets, quotes and hyphens do not count.
    ``static/atlas/`` folds what is typed into the search box in the same way.
    """
    # Blanks are all that most names have of what does not count, and ASCII is of half width.
    text = (name if name.isascii() else unicodedata.normalize("NFKC", name)).lower().replace(" ", "")
    return text if text.isalnum() else "".join(filter(str.isalnum, text))


def fold_name(name: str) -> str:
    """Fold a name for geocoding: as :func:`normalize_name`, and traditional characters become simplified ones, letters lose their accents.

    What is folded already stays as it is.
    """
    return name.translate(_FOLDED) if _what_folding_changes().search(name) else name


def fold_names(names: Sequence[str]) -> list[str]:
    """Fold each name as :func:`fold_name` does, all of them as one text: a character is folded whatever stands beside it.

    Raises
    ------
    TypeError
        If a name is not text.
    """
    joined = "\n".join(names)
    if joined.count("\n") >= len(names):
        # Line breaks do not count; without those within the names, the others part them.
        return fold_names([name.replace("\n", "") for name in names]) if names else []
    changed = set(_what_folding_changes("\n").findall(joined))
    if len(changed) > _MOST_REPLACED:
        return [fold_name(name) for name in names]
    for character in changed:
        joined = joined.replace(character, _FOLDED[ord(character)])
    return joined.split("\n")


# Each character that is replaced takes one go through all names; with more of them it is faster to go through the characters of each name.
_MOST_REPLACED = 100


# Radicals that stand in texts copied from PDFs in the place of the characters that look like them; those of Kangxi's dictionary NFKC folds itself.
_RADICALS = str.maketrans("⺟⺠⻁⻄⻅⻆⻉⻊⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳", "母民虎西见角贝足车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟")


class _Folding(dict[int, str]):
    """What each character is folded to, worked out when it is first met: millions of names hold a few thousand characters."""

    def __missing__(self, code: int) -> str:
        """Fold a character: width, case, accents, script; nothing is left of what is neither a letter nor a digit."""
        text = unicodedata.normalize("NFKC", chr(code).translate(_RADICALS)).lower().translate(_simplified())
        bare = (mark for mark in unicodedata.normalize("NFD", text) if not unicodedata.combining(mark))
        folded = "".join(character for character in unicodedata.normalize("NFC", "".join(bare)) if character.isalnum())
        # Beyond the first plane nearly all are unassigned: who asks for each of them would fill the memory with nothing.
        if folded or code < 1 << 16:
            self[code] = folded
        return folded


_FOLDED = _Folding()


def pinyin_of(folded: str) -> str:
    """Write a folded name in pinyin, without tones, as one word; what is not Chinese stays."""
    return "".join(_syllables(folded))


# A large table has its names read twice, for the geocoder and for the search: with less room than it has names, none would be found again.
@lru_cache(1 << 18)
def _syllables(folded: str) -> tuple[str, ...]:
    """Give the syllables of a folded name; what is not Chinese comes character by character."""
    return tuple(syllable for word in mmseg.seg.cut(folded) for syllable in _syllables_of_word(word))


@lru_cache(1 << 16)
def _syllables_of_word(word: str) -> tuple[str, ...]:
    # pypinyin reads a name word by word; names of places share theirs, and reading one takes longer than finding where it ends.
    return tuple(lazy_pinyin(word))


@cache
def sound_of(character: str) -> str:
    """Write a character in pinyin, without its tone."""
    return lazy_pinyin(character)[0]


@cache
def _what_folding_changes(besides: str = "") -> re.Pattern[str]:
    """Compile what finds a character that does not stay as it is, besides some; most names have none, and one look tells so."""
    stay = "".join(chr(code) for code in range(0x4E00, 0xA000) if code not in _simplified())
    return re.compile(f"[^0-9a-z{stay}{besides}]")


@cache
def _simplified() -> dict[int, str]:
    """Give every traditional character its simplified one; character by character, as names do not need their neighbours."""
    characters = [chr(code) for code in range(0x4E00, 0xA000)]
    converter = opencc.OpenCC("t2s")
    # Twice: 薴 becomes 苧, which is a traditional character, too.
    simplified = converter.convert(converter.convert("\n".join(characters))).split("\n")
    return {ord(old): new for old, new in zip(characters, simplified, strict=True) if old != new}


def simplify(text: str) -> str:
    """Write traditional characters as simplified ones; one character stays one, so that offsets stay."""
    return text.translate(_simplified())


def search_keys(names: Iterable[str]) -> tuple[str, ...]:
    """Everything a person may type to find one of the names: the names themselves, their full pinyin and its initials."""
    keys: dict[str, None] = {}
    for name in names:
        folded = normalize_name(name)
        keys[folded] = None
        if not folded.isascii():
            syllables = _syllables(folded)
            keys["".join(syllables)] = None
            # A run that is not Chinese stays whole in the initials.
            is_chinese = _CHINESE.fullmatch(folded)
            keys["".join(syllable[0] for syllable in syllables) if is_chinese else "".join(lazy_pinyin(folded, style=Style.FIRST_LETTER))] = None
    return tuple(keys)
