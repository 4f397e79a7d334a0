"""The life of a meeting, who came, and what may become of an item, as data."""

from charter.lifecycle import Status, Transition


class MeetingStatus(Status):
    """Where a meeting stands."""

    PLANNED = "planned"
    HELD = "held"
    MINUTED = "minuted"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The status in the scheme's words."""
        return "Minutes agreed" if self is MeetingStatus.MINUTED else super().label


class Presence(Status):
    """Whether somebody came to a meeting."""

    EXPECTED = "expected"
    PRESENT = "present"
    APOLOGIES = "apologies"
    ABSENT = "absent"

    @property
    def label(self) -> str:
        """The word for it."""
        return {"expected": "Not known yet", "absent": "Did not come"}.get(self.value) or super().label


class Outcome(Status):
    """What became of an item."""

    AWARDED = "awarded"
    NOT_AWARDED = "not_awarded"
    DEFERRED = "deferred"
    SENT_BACK = "sent_back"
    NOTED = "noted"

    @property
    def label(self) -> str:
        """The outcome in words."""
        return {
            "awarded": "Award",
            "not_awarded": "No award",
            "deferred": "Put off to another meeting",
            "sent_back": "Sent back to the assessor",
            "noted": "Noted",
        }[self.value]


_S = MeetingStatus
HOLD = Transition("write down who came to", frozenset({_S.PLANNED}), _S.HELD)
MINUTE = Transition("agree the minutes of", frozenset({_S.HELD}), _S.MINUTED)
CANCEL = Transition("cancel", frozenset({_S.PLANNED}), _S.CANCELLED)
