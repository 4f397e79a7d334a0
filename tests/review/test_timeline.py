"""The life of a case in words: nothing that moves a case is left out or told in the portal's own names."""

import re
from pathlib import Path

import pytest

import charter
from charter.audit import AuditEvent
from charter.permissions import Permission
from charter.review import timeline
from tests.conftest import AT
from tests.factories import Factory

TOLD = re.compile(r'"((?:case|second-look|panel|step|appeal|conversation):[a-z-]+)"')


def deeds() -> list[str]:
    """The actions that the trail of a case may hold, as the code names them, but for the two left out on purpose."""
    source = "".join(path.read_text() for path in Path(charter.__file__).parent.rglob("*.py"))
    return sorted(set(TOLD.findall(source)) - {*Permission, "case:open", "case:receive"})


@pytest.mark.parametrize("deed", deeds())
def test_each_step_of_a_case_is_told_in_words(app, make: Factory, deed: str) -> None:
    assert deed in timeline.WORDS
    said = AuditEvent(action=deed, actor_id=None, at=AT, details={"meets_on": "2026-12-01", "after": "2026-12-01"})
    (moment,) = timeline.told(make.framework().content, [said], {})
    assert moment.what == timeline.WORDS[deed]
