"""The list of an employer's evidence: narrowed, in an order, a page at a time, and the same however much there is."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from benchmarks import counting
from charter.account.models import User
from charter.assessment import evidence, evidence_kinds, shelf
from charter.assessment.evidence_dates import Dates, State
from charter.assessment.models import Assessment, Evidence, EvidenceKind, PrivacyReason, ScanState
from charter.assessment.shelf import EACH, TO_RENEW, Order, Wanted
from charter.extensions import db, transaction
from charter.framework.content import EvidenceRules
from charter.organisation.models import Organisation
from tests.assessment.test_library import ON, give, replaced, rules, titles, use
from tests.conftest import AT
from tests.factories import Factory

__all__ = ["rules"]


def test_the_shelf_is_narrowed_by_words_kind_state_and_use(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    assessment = make.assessment(employer, by=owner)
    code = assessment.framework.content.asked(1)[0].code
    old = give(employer, rules, owner, 1, title="Old policy", dates=Dates(valid_until=ON - timedelta(days=1)))
    give(employer, rules, owner, 2, title="New guide", dates=Dates(valid_until=ON + timedelta(days=400)))
    use(assessment, old, [code], owner)
    assert titles(employer, rules) == ["New guide", "Old policy"]
    assert titles(employer, rules, words="POLICY old") == ["Old policy"]
    assert titles(employer, rules, kind="link") == []
    assert titles(employer, rules, state="expired") == ["Old policy"]
    assert titles(employer, rules, state=shelf.UNUSED) == ["New guide"]
    assert titles(employer, rules, criterion=code) == ["Old policy"]
    assert titles(employer, rules, order=Order.ENDING) == ["Old policy", "New guide"]
    found = shelf.read(db.session, employer, rules, Wanted(words="nothing"), on=ON)
    assert (found.total, found.counts[State.EXPIRED], found.used_for) == (2, 1, (code,))


def test_another_employers_evidence_is_not_on_the_shelf(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    give(employer, rules, owner)
    assert titles(make.organisation("Another Ltd"), rules) == []


def fill(employer: Organisation, by: User, number: int) -> None:
    """So many links at once, each with a last day of its own or with none."""
    with transaction() as session:
        for one in range(number):
            facts, _, _ = evidence_kinds.of_link(f"https://example.org/{one}")
            piece = evidence_kinds.new_piece(
                employer.id, EvidenceKind.LINK, facts, title=f"Page {one:03}", dates=Dates(), by=by, at=AT
            )
            piece.ends_on = ON + timedelta(days=number - one) if one % 3 else None
            session.add(piece)


@pytest.mark.parametrize("order", list(Order))
def test_each_piece_is_on_one_page_whatever_the_order(
    rules: EvidenceRules, employer: Organisation, owner: User, order: Order
) -> None:
    fill(employer, owner, 2 * EACH + 3)
    pages = [
        shelf.read(db.session, employer, rules, Wanted(order=order), on=ON, page=number) for number in (1, 2, 3, 4, 0)
    ]
    assert [(one.number, one.pages, len(one.entries)) for one in pages] == [
        (1, 3, EACH),
        (2, 3, EACH),
        (3, 3, 3),
        (3, 3, 3),
        (1, 3, EACH),
    ]
    there = [entry.piece for one in pages[:3] for entry in one.entries]
    assert len({piece.id for piece in there}) == 2 * EACH + 3
    if order is Order.ENDING:
        ends = [piece.ends_on for piece in there]
        known = [end for end in ends if end is not None]
        assert known == sorted(known)
        assert ends == [*known, *[None] * (len(ends) - len(known))]
    if order is Order.TITLE:
        assert [piece.title for piece in there] == sorted(piece.title for piece in there)


def test_narrowing_counts_what_is_found_on_all_pages(rules: EvidenceRules, employer: Organisation, owner: User) -> None:
    fill(employer, owner, EACH + 15)
    found = shelf.read(db.session, employer, rules, Wanted(words="page 03"), on=ON, page=2)
    assert (found.found, found.total, found.number, found.pages) == (11, EACH + 15, 1, 1)


def test_the_list_asks_the_same_number_of_questions_for_three_hundred_pieces_as_for_three(
    app: Flask, make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    def asked() -> tuple[int, int]:
        db.session.rollback()
        organisation, draft = db.session.get_one(Organisation, employer.id), db.session.get_one(Assessment, mine.id)
        with counting.statements(app) as read:
            shelf.read(db.session, organisation, rules, Wanted(), on=ON)
        with counting.statements(app) as offered:
            shelf.reusable(db.session, organisation, unused_in=draft)
        return len(read), len(offered)

    mine = make.assessment(employer, by=owner)
    fill(employer, owner, 3)
    use(mine, db.session.scalars(sa.select(Evidence)).first(), [mine.framework.content.asked(1)[0].code], owner)  # type: ignore[arg-type]
    first = asked()
    with transaction() as session:
        session.execute(sa.update(Evidence).values(url=sa.func.concat(Evidence.url, "-first")))
    fill(employer, owner, 297)
    assert asked() == first == (4, 2)


def test_the_words_may_have_any_letters_and_signs(rules: EvidenceRules, employer: Organisation, owner: User) -> None:
    give(employer, rules, owner, 1, title="CRÈCHE 50% off")
    give(employer, rules, owner, 2, title="Creche 500 off")
    assert titles(employer, rules, words="crèche") == ["Creche 500 off", "CRÈCHE 50% off"]
    assert titles(employer, rules, words="50%") == ["CRÈCHE 50% off"]
    assert titles(employer, rules, words="_") == []


def in_state(piece: Evidence, state: State | None) -> None:
    """Make a piece stand in a state today."""
    ends = {State.EXPIRED: -1, State.SOON: 60, State.CURRENT: 61}.get(state) if state else None
    with transaction() as session:
        piece = session.get_one(Evidence, piece.id)
        piece.ends_on = ON + timedelta(days=ends) if ends else ON - timedelta(days=3) if state else None
        if state is State.UNDATED:
            piece.ends_on = None
        if state is State.REMOVED:
            piece.removed_at, piece.removed_for = AT, PrivacyReason.NAMES
        elif state is State.INFECTED:
            piece.scan, piece.virus = ScanState.INFECTED, "Eicar"
        elif state is State.UNREADABLE:
            piece.scan, piece.scan_problem = ScanState.WAITING, Evidence.UNREADABLE


def test_the_database_narrows_by_each_state_as_the_page_says_it(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    assessment = make.assessment(employer, by=owner)
    for number, state in enumerate([None, *State], 1):
        piece = give(employer, rules, owner, number, title=state.value if state else "none")
        in_state(piece, state)
        if state is State.UNDATED:
            use(assessment, piece, [assessment.framework.content.asked(1)[0].code], owner)
    everything = shelf.read(db.session, employer, rules, Wanted(), on=ON)
    assert {one.piece.title: one.state.value if one.state else "none" for one in everything.entries} == {
        title: title for title in ["none", *(state.value for state in State)]
    }
    for state in State:
        assert titles(employer, rules, state=state.value) == [state.value]
    assert everything.counts == dict.fromkeys(State, 1)
    assert db.session.execute(sa.select(*shelf.to_renew(employer.id, on=ON))).one() == (1,) * len(TO_RENEW)
    assert sorted(titles(employer, rules, state=shelf.CHECKING)) == sorted(
        ["none", "current", "expired", "soon", "undated"]
    )


# To use again --------------------------------------------------------------------------------------------------------


def test_what_can_be_used_again_comes_a_page_at_a_time_without_what_is_gone_or_used(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    assessment = make.assessment(employer, by=owner)
    first, second = (one.code for one in assessment.framework.content.asked(1)[:2])
    used = give(employer, rules, owner, 1)
    use(assessment, used, [first], owner)
    replaced(give(employer, rules, owner, 2), rules, owner, 3)
    for number, state in ((4, State.REMOVED), (5, State.INFECTED)):
        in_state(give(employer, rules, owner, number), state)
    fill(employer, owner, 12)
    employer, assessment = db.session.get_one(Organisation, employer.id), db.session.get_one(Assessment, assessment.id)

    def offered(**more: Any) -> tuple[int, int, int]:
        found = shelf.reusable(db.session, employer, unused_in=assessment, **more)
        return found.found, len(found.pieces), found.pages

    assert offered() == (13, 10, 2)
    assert offered(page=2) == (13, 3, 2)
    assert offered(criterion=first) == (13, 10, 2)
    assert offered(criterion=second) == (14, 10, 2)
    assert offered(criterion=second, words="page 00") == (10, 10, 1)


def test_what_was_chosen_must_be_the_employers_own_and_there(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    mine, gone = give(employer, rules, owner, 1), give(employer, rules, owner, 2)
    in_state(gone, State.REMOVED)
    elsewhere = make.organisation("Another Ltd")
    other = give(elsewhere, rules, owner, 3)
    assert [one.id for one in shelf.chosen(db.session, employer, [mine.id, gone.id, other.id])] == [mine.id]
    assert shelf.chosen(db.session, employer, []) == ()


def test_a_document_without_dates_that_a_question_uses_is_to_renew_and_an_account_is_not(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    assessment = make.assessment(employer, by=owner)
    code = assessment.framework.content.asked(1)[0].code
    use(assessment, give(employer, rules, owner, 1, title="Used"), [code], owner)
    give(employer, rules, owner, 2, title="Not used")
    use(assessment, give(employer, rules, owner, 3, title="Dated", dates=Dates(dated_on=ON)), [code], owner)
    with transaction() as session:
        evidence.add_account(
            session, assessment, criteria=[code], title="Words", text="We do.", dated_on=None, by=owner, at=AT
        )
    assert titles(employer, rules, state="undated") == ["Used"]
    counts = [db.session.scalar(sa.select(one)) for one in shelf.to_renew(employer.id, on=ON)]
    assert dict(zip(TO_RENEW, counts, strict=True)) == {state: int(state is State.UNDATED) for state in TO_RENEW}
