"""The life of an award, as a table. What only time decides (expiry) is asked by date, not stored."""

from charter.lifecycle import Status, Transition


class AwardStatus(Status):
    """What somebody decided about an award."""

    ACTIVE = "active"
    UNDER_REVIEW = "under_review"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


_S = AwardStatus
REVIEW = Transition("open a review of", frozenset({_S.ACTIVE}), _S.UNDER_REVIEW)
REINSTATE = Transition("reinstate", frozenset({_S.UNDER_REVIEW}), _S.ACTIVE)
SUSPEND = Transition("suspend", frozenset({_S.ACTIVE, _S.UNDER_REVIEW}), _S.SUSPENDED)
RESTORE = Transition("restore", frozenset({_S.SUSPENDED, _S.REVOKED}), _S.ACTIVE)
SUPERSEDE = Transition("supersede", frozenset({_S.ACTIVE, _S.UNDER_REVIEW, _S.SUSPENDED}), _S.SUPERSEDED)
REVOKE = Transition("revoke", frozenset({_S.ACTIVE, _S.UNDER_REVIEW, _S.SUSPENDED}), _S.REVOKED)
