"""A second person finds for themselves before they see the first; then both see both, and settle it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.content import Extent, ReviewRule
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.review import moderation, queries, recommendation
from charter.review.findings import Given
from charter.review.handing_out import allocation
from charter.review.handing_out.set_apart import SetApart
from charter.review.models import Review
from charter.review.private import NO_NOTE, PrivateNote
from charter.review.second import agreement, beside, sampling, second_looks
from charter.review.second.second_models import LookKind, SecondFinding, SecondLook
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import Deed, in_turn


@pytest.fixture
def doubted(found: Review, assessor: User) -> Review:
    """A recommended case whose assessor is not sure, so that a moderator looks at it question by question."""
    with transaction() as session:
        recommendation.recommend(
            session, found, level=1, reasons="In place.", unsure="Is it?", by=assessor, at=AT, on=AT.date()
        )
    return found


@pytest.fixture
def taken(highest: Review, second: User) -> Review:
    """A case for the highest level with a second assessor who has found nothing yet."""
    with transaction() as session:
        second_looks.take(session, highest, by=second, at=AT)
    return highest


def agree(review: Review, by: User) -> None:
    with transaction() as session:
        moderation.agree(session, review, by=by, at=AT, on=AT.date())


def compare(review: Review, by: User) -> SecondLook:
    with transaction() as session:
        return second_looks.compare(session, review, by=by, at=AT)


def save(review: Review, by: User, *given: Given) -> dict[str, Refusal]:
    with transaction() as session:
        return dict(second_looks.save_all(session, review, given=given, by=by, at=AT))


def case(review: Review, by: User) -> queries.Case:
    db.session.rollback()
    db.session.expire_all()
    return queries.case(db.session, db.session.get_one(Review, review.id), by=by, on=AT.date())


def value(review: Review, extent: Extent) -> str:
    outcomes = review.assessment.framework.content.outcomes
    return next(one.value for one in outcomes if one.extent is extent and not one.asks_employer)


def seconds() -> dict[str, SecondFinding]:
    return {one.criterion: one for one in db.session.scalars(sa.select(SecondFinding))}


# A moderator ---------------------------------------------------------------------------------------------------------


def test_a_plain_case_needs_no_second_findings(recommended: Review, moderator: User) -> None:
    with pytest.raises(Refusal, match="needs no second look"):
        save(recommended, moderator)
    agree(recommended, moderator)
    assert recommended.status is ReviewStatus.DECIDED


DEEDS: dict[str, Deed] = {
    "agree": lambda session, review, user: moderation.agree(session, review, by=user, at=AT, on=AT.date()),
    "change": lambda session, review, user: moderation.change(
        session, review, level=0, reasons="No.", by=user, at=AT, on=AT.date()
    ),
    "send back": lambda session, review, user: moderation.send_back(session, review, reasons="No.", by=user, at=AT),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_moderator_who_has_not_looked_decides_nothing(doubted: Review, moderator: User, deed: str) -> None:
    with pytest.raises(Refusal, match="Make your own finding on each question"), transaction() as session:
        DEEDS[deed](session, doubted, moderator)
    assert doubted.status is ReviewStatus.RECOMMENDED


def test_a_moderator_sees_nothing_of_the_first_findings_until_their_own_are_compared(
    make: Factory, doubted: Review, moderator: User, assessor: User
) -> None:
    before = case(doubted, moderator)
    assert before.second.hidden
    assert (before.level, before.found, before.moderations) == (0, 0, [])
    assert all(one.finding is one.own is one.previous is None for theme in before.themes for one in theme.criteria)
    assert [one.detail for one in before.moments if one.what == "recommended a level"] == [""]
    assert case(doubted, assessor).level == 1
    make.looked(doubted, by=moderator, also={})
    assert case(doubted, moderator).second.hidden
    compare(doubted, moderator)
    after = case(doubted, moderator)
    assert (after.second.hidden, after.level, after.found) == ("", 1, after.total)
    agree(doubted, moderator)
    assert doubted.status is ReviewStatus.DECIDED


def test_another_moderator_looks_for_themselves(make: Factory, doubted: Review, moderator: User) -> None:
    make.compared(doubted, by=moderator)
    other = make.staff("moderator", "Mia Moderator")
    assert case(doubted, other).second.hidden
    with pytest.raises(Refusal, match="Make your own finding"):
        agree(doubted, other)


def test_comparing_needs_a_finding_on_each_question(
    make: Factory, doubted: Review, moderator: User, codes: list[str]
) -> None:
    with pytest.raises(Refusal, match=r"You have no finding on .* and on"):
        compare(doubted, moderator)
    save(doubted, moderator, *(Given(code, value(doubted, Extent.MET), "", NO_NOTE, 0) for code in codes[1:]))
    with pytest.raises(Refusal, match=r"You have no finding on “[^”]+” yet\.$"):
        compare(doubted, moderator)


def test_what_each_found_alone_is_kept_and_stays(
    make: Factory, doubted: Review, moderator: User, codes: list[str]
) -> None:
    make.compared(doubted, by=moderator, also={codes[0]: Extent.NOT_MET})
    kept = seconds()
    met, not_met = value(doubted, Extent.MET), value(doubted, Extent.NOT_MET)
    assert {(one.first_outcome, one.outcome) for code, one in kept.items() if code != codes[0]} == {(met, met)}
    assert (kept[codes[0]].first_outcome, kept[codes[0]].outcome) == (met, not_met)
    with pytest.raises(Refusal, match="so they stay as they are"):
        save(doubted, moderator, Given(codes[0], met, "", NO_NOTE, kept[codes[0]].version))


def test_comparing_twice_is_comparing_once(make: Factory, doubted: Review, moderator: User) -> None:
    make.compared(doubted, by=moderator)
    first = compare(doubted, moderator).compared_at
    with transaction() as session:
        again = second_looks.compare(session, doubted, by=moderator, at=AT + timedelta(days=1))
    assert again.compared_at == first


def test_after_it_was_sent_back_the_same_moderator_need_not_look_again(
    make: Factory, doubted: Review, moderator: User, assessor: User
) -> None:
    make.compared(doubted, by=moderator)
    with transaction() as session:
        moderation.send_back(session, doubted, reasons="Look again.", by=moderator, at=AT)
    make.recommended(doubted, by=assessor)
    assert not case(doubted, moderator).second.hidden
    agree(doubted, moderator)
    assert doubted.status is ReviewStatus.DECIDED


def test_in_the_next_round_a_moderator_looks_again_at_what_was_asked_and_no_more(
    make: Factory, doubted: Review, sent, owner: User, moderator: User, assessor: User, codes: list[str]
) -> None:
    make.compared(doubted, by=moderator)
    with transaction() as session:
        moderation.send_back(session, doubted, reasons="Ask for more.", by=moderator, at=AT)
    make.asked_for_more(sent, codes[:1], assessor=assessor)
    make.submitted(sent, by=owner)
    make.recommended(make.found(doubted, by=assessor), by=assessor)
    assert case(doubted, moderator).second.hidden
    with pytest.raises(Refusal, match=r"You have no finding on “[^”]+” yet\.$"):
        compare(doubted, moderator)
    save(doubted, moderator, Given(codes[0], value(doubted, Extent.MET), "", NO_NOTE, 0))
    compare(doubted, moderator)
    agree(doubted, moderator)
    assert doubted.status is ReviewStatus.DECIDED


def test_the_assessor_of_a_case_and_those_with_an_interest_never_look_a_second_time(
    doubted: Review, assessor: User, moderator: User, second: User, employer: Organisation
) -> None:
    with pytest.raises(Refusal, match="The first findings are yours"):
        save(doubted, assessor)
    with pytest.raises(Refusal, match="Only a moderator"):
        save(doubted, second)
    with transaction() as session:
        interests.declare(session, employer, reason="A cousin.", by=moderator, at=AT)
    with pytest.raises(Refusal, match="You declared an interest"):
        save(doubted, moderator)


def test_a_moderator_who_made_findings_before_the_case_changed_hands_does_not_moderate_it(
    make: Factory, sent, moderator: User, assessor: User
) -> None:
    review = make.found(make.claimed(sent, by=moderator), by=moderator)
    with transaction() as session:
        allocation.release(session, review, by=moderator, at=AT)
        allocation.claim(session, review, by=assessor, at=AT)
        recommendation.recommend(
            session, review, level=1, reasons="In place.", unsure="Is it?", by=assessor, at=AT, on=AT.date()
        )
    with pytest.raises(Refusal, match="You worked on this case"):
        save(review, moderator)


def test_a_moderator_who_recommended_on_findings_of_others_is_refused_before_they_find_everything_again(
    make: Factory, found: Review, assessor: User, second: User, moderator: User
) -> None:
    with transaction() as session:
        allocation.release(session, found, by=assessor, at=AT)
        allocation.claim(session, found, by=moderator, at=AT)
    make.recommended(found, by=moderator)
    other = make.staff("moderator", "Mary Moderator")
    with transaction() as session:
        moderation.send_back(session, found, reasons="Look again.", by=other, at=AT)
        allocation.release(session, found, by=moderator, at=AT)
        allocation.claim(session, found, by=second, at=AT)
        recommendation.recommend(
            session, found, level=1, reasons="In place.", unsure="Is it?", by=second, at=AT, on=AT.date()
        )
    with pytest.raises(Refusal, match="You worked on this case"):
        save(found, moderator)


def test_a_case_that_was_sent_back_stays_hidden_from_the_next_moderator(
    make: Factory, doubted: Review, moderator: User
) -> None:
    other = make.staff("moderator", "Mary Moderator")
    make.compared(doubted, by=moderator)
    with transaction() as session:
        moderation.send_back(session, doubted, reasons="Look again.", by=moderator, at=AT)
    assert beside.of_case(db.session, doubted, by=other).hidden
    assert not beside.of_case(db.session, doubted, by=moderator).hidden


def test_a_second_finding_that_cannot_stand_is_refused_beside_its_criterion_and_the_others_are_kept(
    doubted: Review, moderator: User, codes: list[str]
) -> None:
    met = value(doubted, Extent.MET)
    refused = save(
        doubted,
        moderator,
        Given(codes[0], "made up", "", NO_NOTE, 0),
        Given(codes[1], met, "", PrivateNote("x" * 5001), 0),
    )
    assert {code: str(one)[:20] for code, one in refused.items()} == {
        codes[0]: "Choose one of the fi",
        codes[1]: "The private note mus",
    }
    assert save(doubted, moderator, Given(codes[0], met, "not theirs to give", NO_NOTE, 0)) == {}
    assert seconds()[codes[0]].outcome == met


def test_of_two_windows_the_later_is_shown_what_the_first_saved(
    app: Flask, doubted: Review, moderator: User, codes: list[str]
) -> None:
    def finds(extent: Extent):
        given = Given(codes[0], value(doubted, extent), "", NO_NOTE, 0)
        return lambda session, review, user: second_looks.save_all(session, review, given=[given], by=user, at=AT)

    first, later = in_turn(app, doubted, (moderator, finds(Extent.MET)), (moderator, finds(Extent.NOT_MET)))
    assert first == {}
    assert isinstance(later[codes[0]], Stale)
    assert seconds()[codes[0]].outcome == value(doubted, Extent.MET)


# A second assessor ---------------------------------------------------------------------------------------------------


def recommend(review: Review, by: User) -> None:
    with transaction() as session:
        level = review.assessment.target_level
        recommendation.recommend(session, review, level=level, reasons="All of it.", by=by, at=AT, on=AT.date())


def test_the_highest_level_is_not_recommended_without_what_it_asks_for(
    make: Factory, highest: Review, assessor: User, second: User, codes_of
) -> None:
    with pytest.raises(Refusal, match=r"No visit to the employer.* There is 1 more like it"):
        recommend(highest, assessor)
    make.conversed(highest, by=assessor)
    with pytest.raises(Refusal, match="No second assessor has looked"):
        recommend(highest, assessor)
    with transaction() as session:
        second_looks.take(session, highest, by=second, at=AT)
    with pytest.raises(Refusal, match="Seb Second, the second assessor, have not been compared"):
        recommend(highest, assessor)
    differs = codes_of(highest)[0]
    make.compared(highest, by=second, also={differs: Extent.NOT_MET})
    with pytest.raises(Refusal, match="You and Seb Second, the second assessor, differ on “"):
        recommend(highest, assessor)
    with transaction() as session:
        version = seconds()[differs].version
        second_looks.leave_open(
            session, highest, differs, reason="We read the policy apart.", seen_version=version, by=assessor, at=AT
        )
    recommend(highest, assessor)
    assert highest.status is ReviewStatus.RECOMMENDED


@pytest.fixture
def codes_of():
    return lambda review: sorted(
        one.code
        for one in review.assessment.framework.content.asked(review.assessment.target_level)
        if one.level == review.assessment.target_level
    )


def test_two_assessors_hide_from_each_other_until_they_compare(
    make: Factory, taken: Review, assessor: User, second: User, moderator: User
) -> None:
    make.looked(taken, by=second, also={})
    assert case(taken, second).second.hidden
    assert case(taken, moderator).second.hidden, "who moderates later sees nothing now"
    assert not case(taken, assessor).second.hidden, "their own"
    compare(taken, assessor)
    assert not case(taken, second).second.hidden
    assert case(taken, moderator).second.hidden


def test_the_two_are_compared_only_when_the_first_has_found_everything_too(
    make: Factory, employer: Organisation, owner: User, assessor: User, second: User
) -> None:
    level = max(one.rank for one in make.framework().content.levels)
    sent = make.submitted(make.answered(make.assessment(employer, level=level, by=owner), by=owner), by=owner)
    review = make.claimed(sent, by=assessor)
    with transaction() as session:
        second_looks.take(session, review, by=second, at=AT)
    make.looked(review, by=second, also={})
    with pytest.raises(Refusal, match="The first assessor has no finding on"):
        compare(review, second)
    make.found(review, by=assessor)
    assert compare(review, second).compared_at == AT


def test_where_only_the_second_person_made_a_finding_there_is_nothing_to_settle(taken: Review, codes_of) -> None:
    own = SecondFinding(criterion=codes_of(taken)[0], outcome=value(taken, Extent.MET))
    (pair,) = second_looks.pairs({}, {own.criterion: own}, [own.criterion])
    assert (pair.differs, pair.is_open, pair.is_alone) == (False, False, True)


def test_a_difference_is_settled_by_coming_round_and_what_was_found_alone_is_kept(
    make: Factory, taken: Review, assessor: User, second: User, codes_of
) -> None:
    code = codes_of(taken)[0]
    make.compared(taken, by=second, also={code: Extent.NOT_MET})
    make.conversed(taken, by=second)
    version = seconds()[code].version
    with pytest.raises(Refusal, match="Only the second assessor can change"), transaction() as session:
        second_looks.come_round(session, taken, code, seen_version=version, by=assessor, at=AT)
    with transaction() as session:
        second_looks.come_round(session, taken, code, seen_version=version, by=second, at=AT)
    own = seconds()[code]
    assert (own.stands, own.outcome) == (value(taken, Extent.MET), value(taken, Extent.NOT_MET))
    recommend(taken, assessor)
    found = agreement.by_criterion(db.session, taken.assessment.framework.content, kind=LookKind.ASSESSOR)
    assert found.together.pairs - found.together.same == 1, "agreement counts what each found alone"


def test_of_two_who_settle_at_once_the_later_sees_what_the_first_did(
    app: Flask, make: Factory, taken: Review, assessor: User, second: User, codes_of
) -> None:
    code = codes_of(taken)[0]
    make.compared(taken, by=second, also={code: Extent.NOT_MET})
    version = seconds()[code].version

    def leaves(session: Session, review: Review, user: User) -> object:
        return second_looks.leave_open(session, review, code, reason="Apart.", seen_version=version, by=user, at=AT)

    first, later = in_turn(app, taken, (assessor, leaves), (second, leaves))
    assert isinstance(first, SecondFinding)
    assert isinstance(later, Stale)


@pytest.mark.parametrize("reason", ["  ", "x" * 2001])
def test_a_difference_left_open_needs_a_note(make: Factory, taken: Review, second: User, codes_of, reason: str) -> None:
    code = codes_of(taken)[0]
    make.compared(taken, by=second, also={code: Extent.NOT_MET})
    version = seconds()[code].version
    with pytest.raises(Refusal) as refused, transaction() as session:
        second_looks.leave_open(session, taken, code, reason=reason, seen_version=version, by=second, at=AT)
    assert refused.value.field == "reason"


def test_of_two_who_would_be_the_second_assessor_at_once_one_is(
    app: Flask, make: Factory, highest: Review, second: User
) -> None:
    other = make.staff("assessor", "Olu Other")

    def takes(session: Session, review: Review, user: User) -> object:
        return second_looks.take(session, review, by=user, at=AT)

    first, later = in_turn(app, highest, (second, takes), (other, takes))
    assert isinstance(first, SecondLook)
    assert str(later) == "Seb Second is the second assessor of this case."


def test_who_may_not_be_the_second_assessor(
    make: Factory, highest: Review, assessor: User, second: User, employer: Organisation
) -> None:
    small = make.organisation("Small Steps Ltd")
    sender = make.member(small, "Sam Sender")
    sent = make.submitted(make.answered(make.assessment(small, by=sender), by=sender), by=sender)
    found = make.found(make.claimed(sent, by=assessor), by=assessor)
    other = make.staff("assessor", "Olu Other")
    with transaction() as session:
        interests.declare(session, employer, reason="A cousin.", by=other, at=AT)
    for review, by, message in (
        (highest, assessor, "You have this case"),
        (highest, other, "You declared an interest"),
        (found, second, "One assessor is enough"),
    ):
        with pytest.raises(Refusal, match=message), transaction() as session:
            second_looks.take(session, review, by=by, at=AT)


@pytest.mark.parametrize("worked", ["found", "changed", "recommended", "looked"])
def test_whoever_worked_on_a_case_in_any_role_is_not_its_second_assessor(
    make: Factory, highest: Review, assessor: User, second: User, moderator: User, worked: str
) -> None:
    deed = {"found": "finding:save", "changed": "finding:change", "recommended": "case:recommend"}.get(worked)
    with transaction() as session:
        if deed:
            audit.record(session, deed, highest, by=moderator.id, at=AT, case=highest.assessment_id)
        else:
            session.add(
                SecondLook(review_id=highest.id, round=1, kind=LookKind.MODERATOR, by_id=moderator.id, begun_at=AT)
            )
    with pytest.raises(Refusal, match="You worked on this case"), transaction() as session:
        second_looks.take(session, highest, by=moderator, at=AT)
    with transaction() as session:
        assert second_looks.take(session, highest, by=second, at=AT).by_id == second.id


def test_a_second_assessor_never_takes_the_case_and_never_moderates_it(
    make: Factory, highest: Review, assessor: User, moderator: User
) -> None:
    with transaction() as session:
        second_looks.take(session, highest, by=moderator, at=AT)
    make.compared(highest, by=moderator)
    make.conversed(highest, by=assessor)
    with transaction() as session:
        allocation.release(session, highest, by=assessor, at=AT)
    with pytest.raises(Refusal, match="You are this case's second assessor"), transaction() as session:
        allocation.claim(session, highest, by=moderator, at=AT)
    with transaction() as session:
        allocation.claim(session, highest, by=assessor, at=AT)
    recommend(highest, assessor)
    with pytest.raises(Refusal, match="You are this case's second assessor"):
        agree(highest, moderator)


def test_a_second_assessor_who_declares_an_interest_counts_no_more(
    make: Factory, taken: Review, assessor: User, second: User, employer: Organisation
) -> None:
    make.compared(taken, by=second)
    make.conversed(taken, by=assessor)
    with transaction() as session:
        interests.declare(session, employer, reason="A cousin.", by=second, at=AT)
    with pytest.raises(Refusal, match="No second assessor has looked"):
        recommend(taken, assessor)


def test_a_case_that_an_appeal_opened_again_needs_another_second_assessor(
    make: Factory, taken: Review, assessor: User, second: User
) -> None:
    make.compared(taken, by=second)
    assert beside.of_case(db.session, taken, by=assessor).assessor is not None
    with transaction() as session:
        session.add(SetApart(review_id=taken.id, user_id=second.id))
    assert beside.of_case(db.session, taken, by=assessor).assessor is None
    assert "No second assessor has looked at this case yet." in second_looks.open_points(db.session, taken)
    other = make.staff("assessor", "Olga Other")
    with transaction() as session:
        second_looks.take(session, taken, by=other, at=AT)
    found = beside.of_case(db.session, taken, by=assessor).assessor
    assert found is not None
    assert found.by_id == other.id


def test_who_steps_back_leaves_nothing_behind_and_another_may_begin(
    make: Factory, taken: Review, second: User, assessor: User
) -> None:
    make.looked(taken, by=second, also={})
    with pytest.raises(Refusal, match="Only the second assessor, or a moderator"), transaction() as session:
        second_looks.give_back(session, taken, by=assessor, at=AT)
    with transaction() as session:
        second_looks.give_back(session, taken, by=second, at=AT)
    assert seconds() == {}
    other = make.staff("assessor", "Olu Other")
    with transaction() as session:
        second_looks.take(session, taken, by=other, at=AT)
    make.compared(taken, by=other)
    with pytest.raises(Refusal, match="have been compared, so they stay"), transaction() as session:
        second_looks.give_back(session, taken, by=other, at=AT)


def test_a_case_on_a_version_that_says_nothing_of_it_goes_on_as_before(
    make: Factory, highest: Review, assessor: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "rule_of", lambda content, level: ReviewRule())
    recommend(highest, assessor)
    assert not case(highest, moderator).second.hidden
