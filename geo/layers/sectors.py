"""What industries are called in Chinese and in English: whoever looks for chips finds what a table files under integrated circuits."""

from __future__ import annotations

from functools import cache

from ahocorasick_rs import AhoCorasick

from geo.ground.names import normalize_name

# Words for the same industry, a line each; the first is how tables name it.
_ALIKE = (
    ("集成电路", "芯片", "半导体", "晶圆", "微电子", "integrated circuits", "semiconductors", "chips", "wafers", "microelectronics"),
    ("生物医药", "医药", "制药", "生物技术", "biomedicine", "pharmaceuticals", "biotech", "life sciences"),
    ("数字经济", "互联网", "digital economy"),
    ("智能物联", "物联网", "AIoT", "internet of things"),
    ("人工智能", "算力", "artificial intelligence", "computing power"),
    ("视觉智能", "数字安防", "机器视觉", "visual intelligence", "machine vision", "digital security"),
    ("智能制造", "智造", "smart manufacturing", "intelligent manufacturing"),
    ("先进制造", "装备制造", "advanced manufacturing", "machinery"),
    ("科技创新", "科创", "研发", "innovation", "research and development"),
    ("基础科学", "基础研究", "原始创新", "basic science", "basic research"),
    ("数据要素", "大数据", "data trade", "big data"),
    ("数字能源", "新能源", "digital energy", "new energy"),
    ("新能源汽车", "汽车", "vehicles", "automotive"),
    ("航空航天", "航空", "aerospace", "aviation"),
    ("新材料", "化工", "new materials", "chemicals"),
)
_FOLDED = tuple(tuple(map(normalize_name, words)) for words in _ALIKE)
# Which line each word stands in, and what finds all words that stand in a text in one go.
_LINES = [line for line, words in enumerate(_FOLDED) for _ in words]
_WORDS = AhoCorasick([word for words in _FOLDED for word in words])


def words_of_industry(text: str) -> tuple[str, ...]:
    """Give what else the industries that a text names are called, in both languages, folded by :func:`geo.ground.names.normalize_name`.

    Parameters
    ----------
    text
        A sector, or what a place is called or about, in Chinese or English; folded in the same way.
    """
    return _words_of(frozenset({_LINES[number] for number, _, _ in _WORDS.find_matches_as_indexes(text, overlapping=True)}))


@cache
def _words_of(lines: frozenset[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for line in sorted(lines) for word in _FOLDED[line]))


def english_words(sector: str) -> list[str]:
    """Give an English word for an industry as a table names it, or none."""
    return [next(word for word in words if word.isascii()) for words in _ALIKE if words[0] == sector][:1]
