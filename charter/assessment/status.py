"""The life of an assessment, as a table."""

from charter.lifecycle import Status, Transition


class AssessmentStatus(Status):
    """Where an assessment stands, as its employer sees it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    MORE_INFORMATION = "more_information"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The status in the scheme's words."""
        return {
            "draft": "In progress",
            "submitted": "With the assessor",
            "more_information": "More information needed",
            "decided": "Decided",
            "withdrawn": "Withdrawn",
        }[self.value]


_S = AssessmentStatus
OPEN = frozenset({_S.DRAFT, _S.SUBMITTED, _S.MORE_INFORMATION})
"""An employer has at most one assessment in one of these."""
EDITABLE = frozenset({_S.DRAFT, _S.MORE_INFORMATION})

SUBMIT = Transition("submit", frozenset({_S.DRAFT}), _S.SUBMITTED)
RESUBMIT = Transition("resubmit", frozenset({_S.MORE_INFORMATION}), _S.SUBMITTED)
ASK_FOR_MORE = Transition("ask for more on", frozenset({_S.SUBMITTED}), _S.MORE_INFORMATION)
GO_ON = Transition("go on with", frozenset({_S.MORE_INFORMATION}), _S.SUBMITTED)
"""The assessor goes on without an answer. Nothing is submitted: what was sent before counts."""
DECIDE = Transition("decide", frozenset({_S.SUBMITTED}), _S.DECIDED)
REOPEN = Transition("open again", frozenset({_S.DECIDED}), _S.SUBMITTED)
WITHDRAW = Transition("withdraw", OPEN, _S.WITHDRAWN)
