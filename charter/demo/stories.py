"""What becomes of each employer of the demo, as data: how far it gets, for which level, and when."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class Stage(enum.IntEnum):
    """How far an employer's story goes; each stage includes the ones before it."""

    REGISTERED = 0
    STARTED = 1
    HALF_DONE = 2
    NEARLY_DONE = 3
    WITHDRAWN = 4
    SUBMITTED = 5
    IN_REVIEW = 6
    ASKED = 7
    ANSWERED = 8
    RECOMMENDED = 9
    DECLINED = 10
    AWARDED = 11


class Second(enum.IntEnum):
    """How far the second look at a case gets; each includes the ones before it."""

    NONE = 0
    BEGUN = 1
    COMPARED = 2
    SETTLED = 3
    MODERATED = 4


@dataclass(frozen=True)
class Story:
    """What becomes of an employer: how far it gets, for which level, and how many days ago it last moved."""

    stage: Stage
    level: int = 1
    days_ago: int = 20
    ending: str = ""
    """What came before the decision: `panel`, the partners decide. What came after the award: `revoked`,
    `under_review`, `upgraded` to the next level, `due` to be renewed soon, or `renewing`, which has begun."""
    quick: bool = False
    """Whether it took a third of the days, so that it is all on the newest version of the charter."""
    second: Second = Second.NONE
    """How far the second look at the case got, where its level asks for a second assessor."""


def plan() -> Sequence[Story]:
    """The sixty stories of the demo: most employers are early on the way, as in schemes of this kind."""
    s = Stage
    return (
        Story(s.NEARLY_DONE, 2, 2),  # the demo's owner: almost ready to submit
        Story(s.AWARDED, 2, 120),  # the awarded owner
        *(Story(s.REGISTERED, 1, days) for days in (1, 6, 19, 33, 75, 140)),
        *(Story(s.STARTED, 1, days) for days in (2, 8, 30, 66, 150)),
        *(Story(s.HALF_DONE, level, days) for level, days in ((1, 1), (1, 4), (1, 25), (2, 12), (1, 90), (2, 170))),
        *(Story(s.NEARLY_DONE, level, days) for level, days in ((1, 3), (1, 9), (2, 20))),
        *(Story(s.WITHDRAWN, 1, days) for days in (45, 160)),
        *(Story(s.SUBMITTED, level, days) for level, days in ((1, 1), (1, 2), (2, 4), (1, 12), (3, 9), (2, 35))),
        *(Story(s.IN_REVIEW, level, days) for level, days in ((1, 3), (2, 10), (2, 22), (3, 30))),
        *(Story(s.ASKED, level, days) for level, days in ((2, 6), (1, 11))),
        *(Story(s.ANSWERED, level, days) for level, days in ((2, 5), (1, 3))),
        *(Story(s.RECOMMENDED, level, days) for level, days in ((1, 2), (2, 6))),
        *(Story(s.DECLINED, level, days, ending) for level, days, ending in ((1, 40, ""), (2, 85, "panel"))),
        *(Story(s.AWARDED, 1, days) for days in (60, 110, 200, 330, 390, 460)),
        Story(s.AWARDED, 1, 684),  # ends in some 45 days, and cannot be renewed
        Story(s.AWARDED, 1, 800),  # expired: level 1 lasts two years
        Story(s.AWARDED, 1, 300, "revoked"),
        Story(s.AWARDED, 2, 210, "under_review"),
        Story(s.AWARDED, 1, 420, "upgraded"),
        Story(s.AWARDED, 1, 350, "upgraded"),
        Story(s.AWARDED, 3, 34, "panel"),
        Story(s.AWARDED, 3, 28, "panel"),  # put off to the next meeting
        Story(s.AWARDED, 3, 8, "panel"),  # waits for the panel
        Story(s.AWARDED, 2, 1050, "due"),  # ends in some 45 days
        Story(s.AWARDED, 2, 1035, "renewing"),
        Story(s.AWARDED, 3, 75, "panel"),
    )


OPEN_TO_DOUBT = frozenset({Stage.SUBMITTED, Stage.IN_REVIEW, Stage.ASKED, Stage.ANSWERED, Stage.DECLINED})
"""Stages in which an employer may lack a figure: one that its level asks for would have stood in the award's way."""
