from __future__ import annotations

import io
import pickle
import re
from configparser import ConfigParser

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from geo.geocode.said import N_
from geo.settings import PROJECT
from geo.words.translation import translator

CATALOGUE = PROJECT / "translations/en/LC_MESSAGES/messages.po"
# A text that the data have in both languages is there in both; one of the two is written with no characters.
PLACEHOLDER = re.compile(r"%\((\w+)\)(?:\.0)?[sd]|(%%|\{\w+\})")
HAN = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as source:
        return read_po(source, locale="en")


@pytest.fixture(scope="module")
def phrases() -> dict[str, str]:
    """Every phrase of the sources, and where it stands."""
    mapping = ConfigParser()
    mapping.read(PROJECT / "babel.cfg", encoding="utf-8")
    sections = [section.partition(":") for section in mapping.sections()]
    methods = [(pattern.strip(), method) for method, _, pattern in sections]
    found = extract_from_dir(PROJECT, methods, keywords={**DEFAULT_KEYWORDS, "N_": None})
    return {str(message): f"{file}:{line}" for file, line, message, _, _ in found}


def translations(catalogue: Catalog) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue if message.id}


def test_the_sources_have_phrases_in_code_and_templates(phrases: dict[str, str]) -> None:
    assert any(where.startswith("geo/words/phrases.py:") for where in phrases.values())
    assert any(where.startswith("templates/") for where in phrases.values())
    assert N_("phrase") == "phrase"


def test_every_phrase_is_translated(phrases: dict[str, str], catalogue: Catalog) -> None:
    known = translations(catalogue)
    assert {phrase: where for phrase, where in phrases.items() if not known.get(phrase)} == {}


def test_no_translation_is_left_over(phrases: dict[str, str], catalogue: Catalog) -> None:
    assert sorted(set(translations(catalogue)) - set(phrases)) == []
    assert list(catalogue.obsolete) == []


def test_no_translation_is_a_guess(catalogue: Catalog) -> None:
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


def test_a_translation_has_the_placeholders_of_its_phrase(catalogue: Catalog) -> None:
    differing = [
        phrase for phrase, english in translations(catalogue).items() if sorted(PLACEHOLDER.findall(phrase)) != sorted(PLACEHOLDER.findall(english))
    ]
    assert differing == []


def test_the_english_has_no_chinese_but_the_proper_term_for_the_review_number(catalogue: Catalog) -> None:
    assert [english for english in translations(catalogue).values() if HAN.search(english.replace("审图号", ""))] == []


def test_the_compiled_catalogue_is_the_one_that_is_read(catalogue: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_what_puts_a_phrase_into_a_language_works_in_another_process_too() -> None:
    assert pickle.loads(pickle.dumps(translator("en")))("写法相近") == "written alike"
    assert translator("zh")("写法相近") == "写法相近"
