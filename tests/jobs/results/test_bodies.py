"""Results come back exactly as Exchange sent them."""

import hashlib
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from jobs.results.bodies import pack, pack_exchanges, unpack, unpack_exchanges

text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=10,
)
rows = st.lists(st.dictionaries(text, values, max_size=6), max_size=6)


@given(rows=rows)
def test_rows_come_back_as_they_were(rows: list[dict[str, Any]]) -> None:
    assert list(unpack(pack(rows).compressed)) == rows


@given(rows=rows)
def test_counts_and_hash_are_of_the_lines_uncompressed(rows: list[dict[str, Any]]) -> None:
    body = pack(rows)
    lines = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    assert (body.row_count, body.byte_count) == (len(rows), len(lines))
    assert body.sha256 == hashlib.sha256(lines).hexdigest()


def test_columns_keep_the_order_in_which_they_first_occur_and_leave_annotations_out() -> None:
    body = pack([{"Name": 1, "Size@type": 2, "@odata.id": 3}, {"Alias": 4, "Name": 5}])
    assert body.columns == ["Name", "Alias"]


def test_no_rows_are_a_body_too() -> None:
    assert list(unpack(pack([]).compressed)) == []


def test_line_breaks_of_every_kind_stay_inside_their_row() -> None:
    rows = [{"Notes": "one\ntwo\r\nthree\u2028four\x85five\x1c"}, {"Notes": ""}]
    assert list(unpack(pack(rows).compressed)) == rows


@given(exchanges=st.lists(st.dictionaries(text, text)))
def test_recorded_requests_come_back_as_they_were(exchanges: list[dict[str, str]]) -> None:
    assert unpack_exchanges(pack_exchanges(exchanges)) == exchanges
