"""JSON from strangers: exact, bounded, and storable."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk.payload import UnreadableJsonError, clean_json, repeated_key


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("27.926666666666666666666", Decimal("27.926666666666666666666")),
        ("1.10", Decimal("1.10")),
        ("1e3", Decimal("1e3")),
        ("-0.0", Decimal("-0.0")),
        ("9" * 40, int("9" * 40)),
        ("-" + "9" * 40, -int("9" * 40)),
        ('"' + "9" * 50 + '"', "9" * 50),
        (r'"a\u0000b"', "a\ufffdb"),
        (r'"a\ud800b"', "a\ufffdb"),
        (r'"a\udc00"', "a\ufffd"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\uD83D\uDE00"', "😀"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (r'"\\u0000"', r"\u0000"),
        (r'"\\\u0000"', "\\\ufffd"),
        (r'"\\ud800"', r"\ud800"),
        (r'{"\u0000": 1}', {"\ufffd": 1}),
        ("\ufeff{}", {}),
        (" \n[1]\r\n", [1]),
        ("[" * 64 + "]" * 64, json.loads("[" * 64 + "]" * 64)),
    ],
)
def test_good_json_is_decoded_exactly(text, value):
    decoded = clean_json(text.encode())
    assert decoded == value
    assert str(decoded) == str(value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"[" * 5000 + b"]" * 5000,
        b'{"a":' * 100_000,
        b"1" * 41,
        b"[-" + b"1" * 41 + b"]",
        b'{"a": [' + b"9" * 5000 + b"]}",
        b"1e401",
        b"1e-401",
        b"1e99999999999999999999999",
        b"0." + b"1" * 200,
        b'"\xff"',
        b'{"a": 1',
        b"{} {}",
        b'"a\x00b"',
        b"'a'",
        b"<html>",
        b"<br />\n<b>Warning</b>: mysqli{}",
        b'"\\ud8',
        b'"\\',
    ],
)
def test_bad_json_is_refused_by_name_and_never_by_recursion(body):
    with pytest.raises(UnreadableJsonError):
        clean_json(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40) + 1, 10**40 - 1) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@given(json_values, st.booleans())
def test_what_json_writes_is_read_back_without_what_no_database_stores(value, escaped):
    text = json.dumps(value, ensure_ascii=escaped)
    expected = json.loads(text.replace("\\u0000", "\\ufffd")) if "\\\\" not in text else None
    decoded = clean_json(text.encode("utf-8", "surrogatepass"))
    json.dumps(decoded, ensure_ascii=False).encode()
    if expected is not None:
        assert decoded == expected


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(body):
    try:
        clean_json(body)
    except UnreadableJsonError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"total": "1.00", "total": "9.00"}', "total"),
        (b'{"a":1,"a" :2}', "a"),
        (b'{"a":1,"a"\n:2}', "a"),
        (b'{"a":{"b":[1,{"c":1,"\\u0063":2}]}}', "a.b.c"),
        (b'[{"x":1},[{"k":1,"k":2}]]', "k"),
        (b'{"name":"\xff","total":1,"total":2}', "total"),
        (b'\xef\xbb\xbf{"total":1,"total":2}', "total"),
        (b'{"a":1,"a":2,"note":"\\u003a \\u0022:"}', "a"),
    ],
)
def test_a_key_that_stands_twice_is_found_by_its_path(body, path):
    assert repeated_key(body) == path


@pytest.mark.parametrize(
    "body",
    [
        b'[{"x":1},{"x":{"x":2}}]',
        b'{"note":"\\":, and \\" :","b":1}',
        b'{"a" : 1, "b" : [[], {}]}',
        b"no JSON",
        b"[" * 5000,
    ],
)
def test_keys_that_stand_once_in_each_object_are_well(body):
    assert repeated_key(body) is None


@given(st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.text(), inner)))  # fmt: skip
def test_what_a_dictionary_was_written_from_repeats_nothing(value):
    assert repeated_key(json.dumps(value).encode()) is None
    assert repeated_key(json.dumps(value, separators=(",", ":")).encode()) is None


_KEYS = st.sampled_from(['"a"', '"\\u0061"', '"b"', '":"', '"\\u003a"', '"\\":"', '"\\u0022:"'])
_VALUES = st.recursive(
    _KEYS | st.sampled_from(["1", "-0.50", "null", "true", '"\\ud800"', '"\\\\u003a"']),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda some: f"[{' , '.join(some)}]")
        | st.lists(
            st.tuples(_KEYS, st.sampled_from([":", " :", "\n: "]), inner).map("".join), max_size=4
        ).map(lambda some: f"{{{','.join(some)}}}")
    ),
)


class _TwiceError(Exception):
    pass


def _with_every_pair_seen(text: str) -> bool:
    """Whether a key stands twice, told slowly: each object's pairs counted as they are read."""

    def count(pairs):
        if len({key for key, _ in pairs}) < len(pairs):
            raise _TwiceError
        return dict(pairs)

    try:
        json.loads(text, object_pairs_hook=count)
    except _TwiceError:
        return True
    return False


@given(_VALUES)
def test_the_quick_look_for_repeated_keys_agrees_with_the_slow_one(text):
    assert (repeated_key(text.encode()) is not None) == _with_every_pair_seen(text)
