"""A version written down as a file is the same version when it is read again, and what is published never changes."""

import pytest
from sqlalchemy.orm import Session

from charter.framework import publishing, source, writing
from charter.framework.checking import check
from charter.framework.models import FROZEN, Framework
from tests.framework.small import SMALL


@pytest.mark.parametrize("path", publishing.SHIPPED, ids=lambda path: path.stem[-5:])
def test_what_is_written_reads_back_as_the_same_charter(path) -> None:
    content = publishing.read(path)
    assert check(source.parse_text(writing.as_text(content)).document) == content


def test_a_document_with_mistakes_is_written_as_it_is() -> None:
    odd = {**SMALL, "themes": [{"code": "yes", "title": "1.0", "aim": "two\nlines"}], "levels": "none", "empty": None}
    assert source.parse_text(writing.text_of(odd)).document == odd


@pytest.mark.parametrize("name", FROZEN)
def test_a_published_version_cannot_be_changed(session: Session, framework: Framework, name: str) -> None:
    odd = {"published_at": framework.published_at.replace(year=2001), "document": {"meta": {}}}.get(name, "other")
    setattr(framework, name, odd)
    with pytest.raises(ValueError, match=f"never changes, but these were to: {name}"):
        session.flush()
