"""JSON that is encoded once: the same as the library's, around text that is finished already."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from baraka_server.live.encoded import Encoded, Superseding, encode

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)  # fmt: skip


@given(VALUES)
def test_it_is_compact_json_in_which_text_stays_as_it_came(value):
    text = encode(value)
    assert type(text) is Encoded
    assert text == json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@given(VALUES)
def test_what_is_finished_is_taken_as_it_is(value):
    for text in (encode(value), Superseding(encode(value), "subject")):
        assert encode(text) is text
        assert encode({"a": [text, 1]}) == '{"a":[' + text + ",1]}"
