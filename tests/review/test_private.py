"""A private note turns into no other text."""

import json

import pytest

from charter.review.private import PrivateNote, PrivateText


@pytest.mark.parametrize("tell", [str, "{}".format, json.dumps, "{0!s}".format, lambda note: f"{note}"])
def test_it_becomes_no_text_by_itself(tell) -> None:
    with pytest.raises(TypeError):
        tell(PrivateNote("A thought."))


def test_a_log_that_shows_it_shows_nothing() -> None:
    assert repr(PrivateNote("A thought.")) == "PrivateNote(...)"


def test_only_a_private_note_is_stored_as_one() -> None:
    with pytest.raises(TypeError):
        PrivateText().process_bind_param("A thought.", None)  # type: ignore[arg-type]
