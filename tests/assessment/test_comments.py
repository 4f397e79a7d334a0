"""What colleagues say to each other about a criterion: theirs alone, kept once, told once."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import comments, queries, sharing, snapshot, submission
from charter.assessment.models import Assessment
from charter.assessment.teamwork import Comment
from charter.audit import AuditEvent
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation.models import Membership, Organisation
from charter.organisation.naming import FORMER
from charter.reporting import holdings
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import in_turn

WORDS = "Sali keeps the rota, ask her."


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


@pytest.fixture
def code(assessment: Assessment) -> str:
    return sharing.tasks(assessment)[0]


def say(assessment: Assessment, code: str, text: str, *, by: User, sent_as: str = "a", minutes: int = 0) -> Comment:
    with transaction() as session:
        return comments.add(
            session,
            assessment,
            criterion=code,
            text=text,
            sent_as=sent_as,
            by=by,
            at=AT + timedelta(minutes=minutes),
        )


def thread(assessment: Assessment, code: str) -> list[tuple[str, str]]:
    db.session.rollback()
    talk = comments.about(db.session, assessment, code)
    return [(one.author, one.comment.text) for one in talk.comments]


def told() -> list[object]:
    db.session.rollback()
    mails = db.session.scalars(sa.select(Message).where(Message.kind == "comment_added").order_by(Message.id))
    return [mail.to_user_id for mail in mails]


def test_a_thread_is_read_from_its_beginning_with_the_names_of_who_is_in_the_team(
    assessment: Assessment, code: str, owner: User, colleague: User
) -> None:
    say(assessment, code, WORDS, by=owner)
    say(assessment, code, "I did.", by=colleague, minutes=1)
    assert thread(assessment, code) == [(owner.name, WORDS), (colleague.name, "I did.")]
    with transaction() as session:
        session.execute(sa.delete(Membership).where(Membership.user_id == owner.id))
    assert thread(assessment, code) == [(FORMER, WORDS), (colleague.name, "I did.")]


def test_the_same_form_sent_twice_makes_one_comment_and_other_words_make_another(
    assessment: Assessment, code: str, owner: User
) -> None:
    assert say(assessment, code, WORDS, by=owner).id == say(assessment, code, WORDS, by=owner).id
    say(assessment, code, "Other words.", by=owner, minutes=1)  # typed after going back to the page as it was
    say(assessment, code, WORDS, by=owner, sent_as="b", minutes=2)  # the same said again, later
    assert [text for _, text in thread(assessment, code)] == [WORDS, "Other words.", WORDS]


def adding(session: Session, assessment: Assessment, user: User) -> Comment:
    code = sharing.tasks(assessment)[0]
    return comments.add(session, assessment, criterion=code, text=WORDS, sent_as="a", by=user, at=AT)


def test_a_form_sent_twice_in_one_moment_makes_one_comment(
    app: Flask, assessment: Assessment, code: str, owner: User
) -> None:
    first, second = in_turn(app, assessment, (owner, adding), (owner, adding))
    assert first.id == second.id
    assert thread(assessment, code) == [(owner.name, WORDS)]


def test_whose_the_criterion_is_and_who_spoke_before_are_told_once_each_and_the_author_is_not(
    make: Factory, employer: Organisation, assessment: Assessment, code: str, owner: User, colleague: User
) -> None:
    third = make.member(employer, "Thea Third", role="contributor")
    make.member(employer, "Quiet Quentin", role="contributor")
    with transaction() as session:
        sharing.assign(session, assessment, wanted={code: colleague.id}, seen={}, by=colleague, at=AT)
    say(assessment, code, "One.", by=owner)
    assert told() == [colleague.id]
    say(assessment, code, "Two.", by=colleague, minutes=1)
    assert told()[1:] == [owner.id]
    say(assessment, code, "Three.", by=third, minutes=2)
    assert set(told()[2:]) == {owner.id, colleague.id}
    assert len(told()) == 4


def test_no_email_and_no_line_of_the_trail_holds_the_words(
    assessment: Assessment, code: str, owner: User, colleague: User
) -> None:
    say(assessment, code, "One.", by=colleague)
    say(assessment, code, WORDS, by=owner, minutes=1)
    [mail] = db.session.scalars(sa.select(Message).where(Message.kind == "comment_added")).all()
    assert WORDS not in mail.body + mail.subject
    trail = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "comment:add")).all()
    assert [event.details for event in trail] == [{"criterion": code}] * 2


def test_ones_own_words_can_be_changed_and_deleted_and_a_deleted_comment_keeps_its_place(
    assessment: Assessment, code: str, owner: User, colleague: User
) -> None:
    first, _ = say(assessment, code, WORDS, by=owner), say(assessment, code, "Yes.", by=colleague, minutes=1)
    with transaction() as session:
        comments.change(session, first, text="Sam keeps it.", seen_version=1, by=owner, at=AT)
    assert thread(assessment, code)[0] == (owner.name, "Sam keeps it.")
    for _ in range(2):
        with transaction() as session:
            comments.delete(session, first, by=owner, at=AT)
    assert thread(assessment, code) == [(owner.name, ""), (colleague.name, "Yes.")]
    assert sharing.board(db.session, assessment).comments == {code: 1}
    assert len(told()) == 1, "nobody is told of a change"
    with pytest.raises(Refusal, match="was deleted"), transaction() as session:
        comments.change(session, first, text="Back.", seen_version=3, by=owner, at=AT)


def test_nobody_changes_or_deletes_what_somebody_else_said(
    assessment: Assessment, code: str, owner: User, colleague: User
) -> None:
    comment = say(assessment, code, WORDS, by=colleague)
    with pytest.raises(Refusal, match="only your own"), transaction() as session:
        comments.change(session, comment, text="No.", seen_version=1, by=owner, at=AT)
    with pytest.raises(Refusal, match="only your own"), transaction() as session:
        comments.delete(session, comment, by=owner, at=AT)
    assert thread(assessment, code) == [(colleague.name, WORDS)]


def test_a_change_made_in_another_window_meanwhile_is_shown(assessment: Assessment, code: str, owner: User) -> None:
    comment = say(assessment, code, WORDS, by=owner)
    with transaction() as session:
        comments.change(session, comment, text="Newer.", seen_version=1, by=owner, at=AT)
    with pytest.raises(Stale), transaction() as session:
        comments.change(session, comment, text="Older.", seen_version=1, by=owner, at=AT)
    assert thread(assessment, code) == [(owner.name, "Newer.")]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (comments.TEXT_LIMIT + 1)])
def test_no_words_and_too_many_are_refused_on_the_field(
    assessment: Assessment, code: str, owner: User, text: str
) -> None:
    with pytest.raises(Refusal) as refused:
        say(assessment, code, text, by=owner)
    assert refused.value.field == "comment"


def test_comments_can_be_added_while_the_assessment_is_open_and_read_and_deleted_after(
    make: Factory, assessment: Assessment, code: str, owner: User
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    comment = say(assessment, code, WORDS, by=owner)
    with transaction() as session:
        submission.withdraw(session, assessment, by=owner, at=AT)
    with pytest.raises(Refusal, match="is closed"):
        say(assessment, code, "More.", by=owner)
    with pytest.raises(Refusal, match="is closed"), transaction() as session:
        comments.change(session, comment, text="Other.", seen_version=1, by=owner, at=AT)
    assert thread(assessment, code) == [(owner.name, WORDS)]
    with transaction() as session:
        comments.delete(session, comment, by=owner, at=AT)
    assert thread(assessment, code) == [(owner.name, "")]


def test_what_is_sent_to_the_scheme_holds_no_comment_and_what_the_employer_takes_away_holds_all(
    make: Factory, employer: Organisation, assessment: Assessment, code: str, owner: User
) -> None:
    make.answered(assessment, by=owner)
    say(assessment, code, WORDS, by=owner)
    frozen = snapshot.build(queries.material(db.session, assessment), on=local_date(AT))
    assert WORDS not in json.dumps(frozen, default=str)
    taken = holdings.gather(db.session, employer, at=AT)
    [comment] = taken.list_of("comments")
    assert (comment["text"], comment["author"]) == (WORDS, owner.name)
    assert comment["criterion_said"]
    assert "sent_as" not in comment


def test_comments_stay_with_the_assessment_they_were_made_in(
    make: Factory, employer: Organisation, assessment: Assessment, code: str, owner: User
) -> None:
    make.answered(assessment, by=owner)
    say(assessment, code, WORDS, by=owner)
    with transaction() as session:
        submission.withdraw(session, assessment, by=owner, at=AT)
    assert thread(make.assessment(employer, by=owner), code) == []
