"""A draft is changed piece by piece or as a whole, keeps its mistakes until they are mended, and loses no change."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.audit import AuditEvent
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.checking import Faulty
from charter.versions import drafting, parts
from charter.versions.models import FrameworkDraft
from charter.versions.parts import KINDS
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import in_turn

CRITERIA = KINDS["criteria"]


@pytest.fixture
def draft(make: Factory, administrator: User) -> FrameworkDraft:
    with transaction() as session:
        return drafting.start(session, make.framework(), name="The next", by=administrator, at=AT)


def first(draft: FrameworkDraft) -> tuple[str, str]:
    """The code of the first criterion, and how it is seen."""
    there = parts.pieces(drafting.read(draft.text).document, CRITERIA)[0]
    return there["code"], drafting.seen(there)


def say(title: str, code: str, seen: str) -> Callable[[Session, FrameworkDraft, User], Any]:
    return lambda session, draft, by: drafting.change_piece(
        session, draft, CRITERIA, code, said={"title": title}, seen_as=seen, by=by, at=AT
    )


def fresh(draft: FrameworkDraft) -> FrameworkDraft:
    db.session.rollback()
    return db.session.get_one(FrameworkDraft, draft.id, populate_existing=True)


def test_two_who_change_one_piece_at_once_the_second_sees_both(
    app: Flask, draft: FrameworkDraft, administrator: User, moderator: User
) -> None:
    code, seen = first(draft)
    one, other = in_turn(app, draft, (administrator, say("Hers", code, seen)), (moderator, say("His", code, seen)))
    assert one == code
    assert isinstance(other, Stale)
    assert isinstance(other.current, dict)
    assert other.current["title"] == "Hers"


def test_two_who_change_two_pieces_at_once_both_are_kept(
    app: Flask, draft: FrameworkDraft, administrator: User, moderator: User
) -> None:
    there = parts.pieces(drafting.read(draft.text).document, CRITERIA)[1]
    code, seen = first(draft)
    deeds = (administrator, say("Hers", code, seen)), (moderator, say("His", there["code"], drafting.seen(there)))
    in_turn(app, draft, *deeds)
    assert [one.title for one in drafting.content_of(fresh(draft)).criteria[:2]] == ["Hers", "His"]


def test_two_who_change_the_whole_text_at_once_the_second_sees_both(
    app: Flask, draft: FrameworkDraft, administrator: User, moderator: User
) -> None:
    text = draft.text

    def typed(more: str) -> Callable[[Session, FrameworkDraft, User], Any]:
        return lambda session, one, by: drafting.change_text(
            session, one, text=f"{text}{more}", seen_as=drafting.seen(text), by=by, at=AT
        )

    _, other = in_turn(app, draft, (administrator, typed("# one\n")), (moderator, typed("# two\n")))
    assert isinstance(other, Stale)
    assert str(other.current).endswith("# one\n")
    assert fresh(draft).text.endswith("# one\n")


def test_a_form_sent_twice_is_one_change(draft: FrameworkDraft, administrator: User) -> None:
    code, seen = first(draft)
    for _ in range(2):
        with transaction() as session:
            say("New", code, seen)(session, draft, administrator)
    assert (
        db.session.scalars(sa.select(sa.func.count()).where(AuditEvent.action == "framework_draft:change")).one() == 1
    )


def test_the_trail_says_what_was_before_and_after(draft: FrameworkDraft, administrator: User) -> None:
    before = draft.content_hash
    code, seen = first(draft)
    title = parts.pieces(drafting.read(draft.text).document, CRITERIA)[0]["title"]
    with transaction() as session:
        say("New", code, seen)(session, draft, administrator)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "framework_draft:change")).one()
    after = fresh(draft).content_hash
    assert event.details == {
        "what": "criteria", "code": code, "before": before, "after": after, "faults": 0,
        "lines": [f"-  title: {title}", "+  title: New"],
    }  # fmt: skip
    assert before != after


def test_the_trail_keeps_the_words_that_were_taken_out_and_no_more_than_it_has_room_for(
    draft: FrameworkDraft, administrator: User
) -> None:
    code, _ = first(draft)
    with transaction() as session:
        drafting.take_out(session, draft, CRITERIA, code, by=administrator, at=AT)
    text = fresh(draft).text
    with transaction() as session:
        one = fresh(draft)
        drafting.change_text(session, one, text=f"{text}# so\n", seen_as=drafting.seen(text), by=administrator, at=AT)
    with transaction() as session:
        one = fresh(draft)
        long = one.text + "".join(f"# {number}\n" for number in range(drafting.LINES + 7))
        drafting.change_text(session, one, text=long, seen_as=drafting.seen(one.text), by=administrator, at=AT)
    changed = sa.select(AuditEvent).where(AuditEvent.action.in_(["framework_draft:take-out", "framework_draft:change"]))
    gone, short, much = db.session.scalars(changed.order_by(AuditEvent.sequence))
    assert f"-- code: {code}" in gone.details["lines"]
    assert not any(line.startswith("+") for line in gone.details["lines"])
    assert short.details["lines"] == ["+# so"]
    assert (len(much.details["lines"]), much.details["lines"][-1]) == (drafting.LINES + 1, "and 7 more lines")


def test_what_cannot_be_read_changes_nothing_and_what_has_mistakes_is_kept(
    draft: FrameworkDraft, administrator: User
) -> None:
    with pytest.raises(Faulty), transaction() as session:
        drafting.change_text(
            session, draft, text="- a\n- b\n", seen_as=drafting.seen(draft.text), by=administrator, at=AT
        )
    kept = fresh(draft)
    with transaction() as session:
        found = drafting.change_text(
            session,
            kept,
            text=kept.text.replace("rank: 2", "rank: 7"),
            seen_as=drafting.seen(kept.text),
            by=administrator,
            at=AT,
        )
    assert any(fault.line and "This should be 2, not 7" in fault.message for fault in found.faults)
    again = fresh(draft)
    assert (again.is_sound, again.document, again.faults) == (False, None, len(found.faults))
    with pytest.raises(Refusal, match="mistake"):
        drafting.content_of(again)


def test_a_new_code_that_another_piece_has_is_refused(draft: FrameworkDraft) -> None:
    document = drafting.read(draft.text).document
    one, two = (piece["code"] for piece in parts.pieces(document, CRITERIA)[:2])
    with pytest.raises(parts.Misfit) as misfit:
        parts.put(document, CRITERIA, one, {"code": two})
    assert list(misfit.value.wrong) == ["code"]


def test_what_a_form_does_not_ask_stays_and_what_says_nothing_is_left_out(draft: FrameworkDraft) -> None:
    document = drafting.read(draft.text).document
    before = parts.pieces(document, CRITERIA)[0]
    changed = parts.put(document, CRITERIA, before["code"], {"title": "New", "checks": [], "min_headcount": ""})
    after = parts.pieces(changed, CRITERIA)[0]
    assert after == {**{name: value for name, value in before.items() if name != "checks"}, "title": "New"}
    assert parts.pieces(document, CRITERIA)[0] is before


def test_what_is_thrown_away_is_gone_and_cannot_be_changed(draft: FrameworkDraft, administrator: User) -> None:
    code, seen = first(draft)
    with transaction() as session:
        drafting.discard(session, draft, by=administrator, at=AT)
    with pytest.raises(Refusal, match="thrown away"), transaction() as session:
        say("New", code, seen)(session, draft, administrator)
