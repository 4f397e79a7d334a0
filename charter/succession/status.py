"""The steps of a request to join, of handing over and of a claim."""

from charter.lifecycle import Status, Transition


class JoinStatus(Status):
    """What became of a request to join an employer."""

    WAITING = "waiting_for_owner"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def label(self) -> str:
        """The status in the scheme's words."""
        return {
            "waiting_for_owner": "Waiting",
            "accepted": "Accepted",
            "declined": "Declined",
            "withdrawn": "Withdrawn",
            "lapsed": "Not answered",
        }[self.value]


UNANSWERED = frozenset({JoinStatus.WAITING, JoinStatus.LAPSED})
"""An owner may still answer one that was not answered in time: late is better than a claim."""
ACCEPT_REQUEST = Transition("accept", UNANSWERED, JoinStatus.ACCEPTED)
DECLINE_REQUEST = Transition("decline", UNANSWERED, JoinStatus.DECLINED)
WITHDRAW_REQUEST = Transition("withdraw", UNANSWERED, JoinStatus.WITHDRAWN)
LAPSE_REQUEST = Transition("let lapse", frozenset({JoinStatus.WAITING}), JoinStatus.LAPSED)


class TransferStatus(Status):
    """What became of an offer to hand over."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    UNDONE = "undone"

    @property
    def label(self) -> str:
        """The status in the scheme's words."""
        return "Not answered" if self is TransferStatus.LAPSED else super().label


OFFERED = frozenset({TransferStatus.OFFERED})
ACCEPT_TRANSFER = Transition("accept", OFFERED, TransferStatus.ACCEPTED)
DECLINE_TRANSFER = Transition("decline", OFFERED, TransferStatus.DECLINED)
WITHDRAW_TRANSFER = Transition("withdraw", OFFERED, TransferStatus.WITHDRAWN)
LAPSE_TRANSFER = Transition("let lapse", OFFERED, TransferStatus.LAPSED)
UNDO_TRANSFER = Transition("undo", frozenset({TransferStatus.ACCEPTED}), TransferStatus.UNDONE)


class ClaimStatus(Status):
    """Where a claim to an employer whose owner has gone stands."""

    NOTICE = "notice"
    WITH_SCHEME = "with_scheme"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    VOID = "void"
    REFUSED = "refused"
    GRANTED = "granted"

    @property
    def label(self) -> str:
        """The status in the scheme's words."""
        return {
            "notice": "Time to object",
            "with_scheme": "With the scheme",
            "stopped": "Stopped",
            "withdrawn": "Withdrawn",
            "void": "No longer valid",
            "refused": "Refused",
            "granted": "Granted",
        }[self.value]


OPEN = frozenset({ClaimStatus.NOTICE, ClaimStatus.WITH_SCHEME})
HAND_TO_SCHEME = Transition("hand to the scheme", frozenset({ClaimStatus.NOTICE}), ClaimStatus.WITH_SCHEME)
STOP = Transition("stop", OPEN, ClaimStatus.STOPPED)
WITHDRAW_CLAIM = Transition("withdraw", OPEN, ClaimStatus.WITHDRAWN)
VOID = Transition("end", OPEN, ClaimStatus.VOID)
REFUSE = Transition("refuse", OPEN, ClaimStatus.REFUSED)
GRANT = Transition("grant", OPEN, ClaimStatus.GRANTED)
