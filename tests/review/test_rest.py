"""Finding all the rest to be met: only what has what the framework asks for, and never over what somebody found."""

import re
from datetime import date

import pytest

from charter.account.models import User
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.review import desk, queries, rest, submitted
from charter.review.models import Review
from charter.review.rest import Rest
from tests.conftest import AT


def left(review: Review, by: User, on: date) -> Rest:
    return rest.of_case(queries.case(db.session, review, by=by, on=on), on=on)


def codes_of(fits: object) -> list[str]:
    return [one.criterion.code for one in fits]  # type: ignore[attr-defined]


def test_all_that_is_in_place_and_shown_may_be_found_met_together(claimed, codes, assessor, on) -> None:
    with transaction() as session:
        done = rest.find_met(session, claimed, criteria=codes, by=assessor, at=AT, on=on)
    assert sorted(done) == sorted(codes)
    case = queries.case(db.session, claimed, by=assessor, on=on)
    assert desk.unfound(case) == ()


def test_what_is_planned_has_to_be_looked_at_by_itself(make, employer, owner, assessor, on) -> None:
    content = make.framework().content
    planned = next(one for one in content.asked(1, None) if not one.evidence_required)
    sent = make.answered(make.assessment(employer, by=owner), by=owner, but=[planned.code])
    from charter.assessment import answers

    value = next(one.value for one in content.scale if one.extent is Extent.IN_PROGRESS)
    with transaction() as session:
        answers.save(
            session,
            sent,
            criterion=planned.code,
            value=value,
            explanation="Some of it.",
            action="Write it down",
            action_owner="Olive",
            action_due=on.replace(year=on.year + 1),
            reason="",
            seen_version=0,
            by=owner,
            at=AT,
        )
    review = make.claimed(make.submitted(sent, by=owner), by=assessor)
    found = left(review, assessor, on)
    assert [(one.criterion.code, why) for one, why in found.left] == [
        (planned.code, "The employer does not say that it is fully in place.")
    ]
    with pytest.raises(Refusal, match="has to be looked at by itself"), transaction() as session:
        rest.find_met(session, review, criteria=[planned.code], by=assessor, at=AT, on=on)


def test_what_was_asked_about_has_to_be_looked_at_again(make, found, sent, owner, assessor, codes, on) -> None:
    make.asked_for_more(sent, codes[:1], assessor=assessor)
    make.submitted(sent, by=owner)
    again = left(found, assessor, on)
    assert (codes_of(again.fits), [why for _, why in again.left]) == ([], ["The employer was asked about it."])


def test_what_was_found_meanwhile_stays(make, claimed, codes, assessor, on) -> None:
    make.found(claimed, by=assessor, outcome=Extent.NOT_MET, but=codes[1:])
    with transaction() as session:
        done = rest.find_met(session, claimed, criteria=codes, by=assessor, at=AT, on=on)
    assert codes[0] not in done
    kept = queries.case(db.session, claimed, by=assessor, on=on)
    assert next(one for one in desk.in_order(kept) if one.criterion.code == codes[0]).finding.outcome == "not_met"


def test_only_who_has_the_case_does_it(claimed, codes, second, on) -> None:
    with pytest.raises(Refusal, match="Somebody else has this case"), transaction() as session:
        rest.find_met(session, claimed, criteria=codes, by=second, at=AT, on=on)


def test_what_has_lost_its_evidence_by_now_is_named_and_nothing_is_found(
    claimed, assessor, on, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = left(claimed, assessor, on).fits
    one = next(one for one in fits if one.criterion.evidence_required)
    supported = submitted.supported  # a file that had a virus supports nothing
    monkeypatch.setattr(submitted, "supported", lambda *asked: supported(*asked) - {one.criterion.code})
    named = re.escape(f"“{one.criterion.title}” has to be looked at by itself. There is no evidence here")
    with pytest.raises(Refusal, match=named), transaction() as session:
        rest.find_met(session, claimed, criteria=codes_of(fits), by=assessor, at=AT, on=on)
    assert left(claimed, assessor, on).fits == fits
