"""What may stand in a text: NFC, visible, and in the shipped fonts."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.problems import UnprintableCharacter
from libs.common.text import clean_text

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    "text", ["", "abc 123", "武汉青禾商贸有限公司", "𠮷野家", "①②③", "“引号”—…", "全角　空格", "¥€℃㎡"]
)
def test_printable_text_is_kept(text: str) -> None:
    assert clean_text(text) == text


def test_decomposed_text_is_composed() -> None:
    assert clean_text("Cafe\u0301") == "Café"


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x00", "U+0000 CONTROL CHARACTER"),
        ("\t", "U+0009 CONTROL CHARACTER"),
        ("\r", "U+000D CONTROL CHARACTER"),
        ("\x7f", "U+007F CONTROL CHARACTER"),
        ("\u00ad", "U+00AD SOFT HYPHEN"),
        ("\u200b", "U+200B ZERO WIDTH SPACE"),
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u2066", "U+2066 LEFT-TO-RIGHT ISOLATE"),
        ("\u2028", "U+2028 LINE SEPARATOR"),
        ("\ufeff", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("\ufe0f", "U+FE0F VARIATION SELECTOR-16"),
        ("\u3164", "U+3164 HANGUL FILLER"),
        ("\ue000", "U+E000 PRIVATE USE"),
        ("\ud800", "U+D800 SURROGATE"),
        ("\u0378", "U+0378 UNASSIGNED"),
        ("\U0001f004", "U+1F004 MAHJONG TILE RED DRAGON"),
        ("\U0010ffff", "U+10FFFF UNASSIGNED"),
    ],
)
def test_unprintable_character_is_refused_by_name(character: str, name: str) -> None:
    with pytest.raises(UnprintableCharacter) as caught:
        clean_text(f"武汉{character}")
    assert name in caught.value.detail
    assert name in caught.value.detail_zh
    assert caught.value.values["character"] == name


def test_line_feed_is_kept_only_where_allowed() -> None:
    assert clean_text("备注\n第二行", line_feeds=True) == "备注\n第二行"
    with pytest.raises(UnprintableCharacter):
        clean_text("备注\n第二行")


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=20))
def test_accepted_text_is_stable_and_visible(text: str) -> None:
    try:
        clean = clean_text(text)
    except UnprintableCharacter:
        return
    assert clean_text(clean) == clean == unicodedata.normalize("NFC", text)
    assert all(unicodedata.category(character)[0] != "C" for character in clean)
    clean.encode()
