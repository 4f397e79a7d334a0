"""How long others of its size took, from enough of them, and from nobody who cannot be compared."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.extensions import db, transaction
from charter.time_spent import typical
from charter.time_spent.typical import Typical
from tests.factories import Factory
from tests.time_spent.conftest import Spend

Begun = Callable[..., tuple[Assessment, User]]


@pytest.fixture
def sends(make: Factory, begun: Begun, spend: Spend) -> Callable[..., Assessment]:
    """`sends(number, minutes)`: one more employer sends an assessment on which it spent so long."""

    def go(number: int, minutes: int, share: float = 1.0, **values: object) -> Assessment:
        assessment, owner = begun(number, **values)
        make.answered(assessment, by=owner)
        codes = [one.code for one in assessment.framework.content.asked(1)]
        timed = codes[: round(len(codes) * share)]
        left = minutes * 60
        times = {code: left // len(timed) for code in timed}
        times[timed[0]] += left - sum(times.values())
        spend(assessment, times)
        return make.submitted(assessment, by=owner)

    return go


def of(assessment: Assessment) -> dict[int, Typical]:
    db.session.rollback()
    return dict(typical.of_size(db.session, assessment.organisation.size_band))


def test_it_is_the_median_of_at_least_five_employers_of_the_size(
    make: Factory, sends: Callable[..., Assessment]
) -> None:
    for number, minutes in enumerate((10, 12, 30, 40)):
        last = sends(number, minutes)
    bands = make.framework().content.size_bands
    other = next(band.code for band in bands if band.code != last.organisation.size_band)
    sends(4, 9, size_band=other)
    assert of(last) == {}
    last = sends(5, 20)
    assert of(last) == {1: Typical(20 * 60, 5)}


def test_who_filled_in_a_spreadsheet_was_not_timed_and_does_not_count(sends: Callable[..., Assessment]) -> None:
    for number in range(4):
        sends(number, 20)
    assert of(sends(4, 1, share=0.5)) == {}
    assert of(sends(5, 20))[1].employers == 5


def test_only_the_first_assessment_of_an_employer_counts(
    make: Factory, begun: Begun, spend: Spend, sends: Callable[..., Assessment]
) -> None:
    moderator = make.staff("moderator", "Mo Moderator")
    sent = [sends(number, 20) for number in range(4)]
    renews, owner = begun(5)
    with transaction() as session:  # it held a level before it began this one
        earlier = session.get_one(Assessment, renews.id)
        earlier.started_at += timedelta(days=700)
    make.award(renews.organisation, by=moderator)
    make.answered(renews, by=owner)
    spend(renews, {one.code: 10 for one in renews.framework.content.asked(1)})
    make.submitted(renews, by=owner)
    assert of(sent[0]) == {}
    assert of(sends(4, 20))[1] == Typical(20 * 60, 5)


def test_it_is_of_those_that_sent_it_last(sends: Callable[..., Assessment], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typical, "RECENT", 5)
    for number, minutes in enumerate((50, 50, 50, 10, 10, 10, 10, 10)):
        last = sends(number, minutes)
    assert of(last)[1] == Typical(10 * 60, 5)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "1 minute"),
        (100, "2 minutes"),
        (9.4 * 60, "9 minutes"),
        (12 * 60, "10 minutes"),
        (43 * 60, "45 minutes"),
        (59 * 60, "1 hour"),
        (timedelta(hours=2, minutes=6).total_seconds(), "2 hours 5 minutes"),
    ],
)
def test_a_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert typical.said(round(seconds)) == words


@pytest.mark.parametrize(("seconds", "words"), [(3, "10 s"), (60, "1 min"), (158, "2 min 40 s"), (1_198, "20 min")])
def test_the_scheme_reads_times_to_ten_seconds(seconds: int, words: str) -> None:
    assert typical.to_ten_seconds(seconds).split() == words.split()
