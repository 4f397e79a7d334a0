"""The life of a review, as a table."""

from charter.lifecycle import Status, Transition


class ReviewStatus(Status):
    """Where a case stands, as the scheme's staff see it."""

    WAITING = "waiting"
    IN_REVIEW = "in_review"
    WITH_EMPLOYER = "with_employer"
    RECOMMENDED = "recommended"
    WITH_PANEL = "with_panel"
    DECIDED = "decided"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The status in the scheme's words."""
        return {
            "waiting": "Waiting for an assessor",
            "in_review": "In review",
            "with_employer": "With the employer",
            "recommended": "Waiting for a moderator",
            "with_panel": "Waiting for the panel",
            "decided": "Decided",
            "closed": "Withdrawn",
        }[self.value]


_S = ReviewStatus
OPEN = frozenset({_S.WAITING, _S.IN_REVIEW, _S.WITH_EMPLOYER, _S.RECOMMENDED, _S.WITH_PANEL})

CLAIM = Transition("claim", frozenset({_S.WAITING}), _S.IN_REVIEW)
RELEASE = Transition("release", frozenset({_S.IN_REVIEW}), _S.WAITING)
ASK_FOR_MORE = Transition("ask for more on", frozenset({_S.IN_REVIEW}), _S.WITH_EMPLOYER)
RECEIVE = Transition("receive", frozenset({_S.WITH_EMPLOYER}), _S.IN_REVIEW)
GO_ON = Transition("go on with", frozenset({_S.WITH_EMPLOYER}), _S.IN_REVIEW)
RECOMMEND = Transition("recommend a level for", frozenset({_S.IN_REVIEW}), _S.RECOMMENDED)
REFER = Transition("refer to the panel", frozenset({_S.RECOMMENDED}), _S.WITH_PANEL)
SEND_BACK = Transition("send back", frozenset({_S.RECOMMENDED, _S.WITH_PANEL}), _S.IN_REVIEW)
DECIDE = Transition("decide", frozenset({_S.RECOMMENDED, _S.WITH_PANEL}), _S.DECIDED)
REOPEN = Transition("open again", frozenset({_S.DECIDED}), _S.WAITING)
CLOSE = Transition("close", OPEN, _S.CLOSED)
