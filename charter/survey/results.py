"""What staff said, as shares for each question: only of a survey that is closed, and only from enough answers."""

from dataclasses import dataclass

from charter.framework.content import SurveyQuestion, SurveyValue
from charter.survey.models import Survey, SurveyStatus
from charter.survey.running import questions


@dataclass(frozen=True)
class Share:
    """How many chose one value of the scale, and which share of those who answered the question."""

    value: SurveyValue
    number: int
    percent: int


@dataclass(frozen=True)
class Result:
    """One question. `shares` is empty when too few answered it."""

    question: SurveyQuestion
    answered: int
    shares: tuple[Share, ...]

    @property
    def good(self) -> int:
        """How many spoke well of this side of their job."""
        return sum(share.number for share in self.shares if share.value.good)

    @property
    def good_percent(self) -> int:
        """The share of those who answered the question that spoke well of it."""
        return percent(self.good, self.answered)


@dataclass(frozen=True)
class Results:
    """All that anybody learns of a survey."""

    answers: int
    people: int
    questions: tuple[Result, ...]

    @property
    def response_percent(self) -> int:
        """The share of the people asked who answered."""
        return percent(self.answers, self.people)


def results(survey: Survey) -> Results | None:
    """The results; None while the survey is open, and for good when fewer answered than may be shown."""
    asked = questions(survey.framework)
    if survey.status is not SurveyStatus.CLOSED or survey.answers < asked.min_answers:
        return None
    found = []
    for question in asked.questions:
        numbers = survey.sums.get(question.code, {})
        answered = sum(numbers.values())
        shares = tuple(
            Share(value, numbers.get(value.value, 0), percent(numbers.get(value.value, 0), answered))
            for value in asked.scale
        )
        found.append(Result(question, answered, shares) if answered >= asked.min_answers else Result(question, 0, ()))
    return Results(survey.answers, survey.people, tuple(found))


def percent(part: int, whole: int) -> int:
    """A part of a whole in whole per cent, halves rounded up; of nothing, 0."""
    return (200 * part + whole) // (2 * whole) if whole else 0


def at_least(number: int, *, fewest: int) -> int:
    """While a survey is open: how many answers there are at least, in tens, so that one more cannot be told from none.

    0 while there are fewer than `fewest`, the answers from which results are shown.
    """
    return max(number // 10 * 10, fewest) if number >= fewest else 0
