"""The lives of a concern, of a step against an award and of an appeal, as tables."""

from charter.lifecycle import Status, Transition


class ConcernStatus(Status):
    """Where a concern of the public stands."""

    NEW = "new"
    IN_HAND = "in_hand"
    WITH_EMPLOYER = "with_employer"
    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"
    NOT_FOR_US = "not_for_us"

    @property
    def label(self) -> str:
        """The status in the scheme's words."""
        return {
            "new": "New",
            "in_hand": "Being looked into",
            "with_employer": "The employer was asked",
            "upheld": "Upheld",
            "not_upheld": "Not upheld",
            "not_for_us": "Not for us",
        }[self.value]


_C = ConcernStatus
OPEN_CONCERNS = frozenset({_C.NEW, _C.IN_HAND, _C.WITH_EMPLOYER})
TAKE = Transition("take", frozenset({_C.NEW}), _C.IN_HAND)
PUT_BACK = Transition("put back", frozenset({_C.IN_HAND}), _C.NEW)
ASK = Transition("ask the employer about", frozenset({_C.IN_HAND}), _C.WITH_EMPLOYER)
HEAR = Transition("go on with", frozenset({_C.WITH_EMPLOYER}), _C.IN_HAND)
UPHOLD = Transition("uphold", frozenset({_C.IN_HAND, _C.WITH_EMPLOYER}), _C.UPHELD)
TURN_DOWN = Transition("not uphold", frozenset({_C.IN_HAND, _C.WITH_EMPLOYER}), _C.NOT_UPHELD)
PASS_ON = Transition("close", frozenset({_C.IN_HAND, _C.WITH_EMPLOYER}), _C.NOT_FOR_US)
OUTCOMES = {_C.UPHELD: UPHOLD, _C.NOT_UPHELD: TURN_DOWN, _C.NOT_FOR_US: PASS_ON}


class Deed(Status):
    """What the scheme means to do with an award."""

    SUSPEND = "suspend"
    REVOKE = "revoke"

    @property
    def done(self) -> str:
        """What the award is afterwards, in a word."""
        return {"suspend": "suspended", "revoke": "revoked"}[self.value]


class StepStatus(Status):
    """Where a step against an award stands."""

    PROPOSED = "proposed"
    CARRIED_OUT = "carried_out"
    DROPPED = "dropped"


_P = StepStatus
CARRY_OUT = Transition("carry out", frozenset({_P.PROPOSED}), _P.CARRIED_OUT)
DROP = Transition("drop", frozenset({_P.PROPOSED}), _P.DROPPED)


class AppealStatus(Status):
    """Where an appeal stands."""

    WAITING = "waiting"
    IN_HAND = "in_hand"
    STANDS = "stands"
    CHANGED = "changed"

    @property
    def label(self) -> str:
        """The status in the scheme's words."""
        return {
            "waiting": "Waiting to be looked at",
            "in_hand": "Being looked into",
            "stands": "The decision stands",
            "changed": "The decision is changed",
        }[self.value]


_A = AppealStatus
OPEN_APPEALS = frozenset({_A.WAITING, _A.IN_HAND})
TAKE_APPEAL = Transition("take", frozenset({_A.WAITING}), _A.IN_HAND)
GIVE_BACK = Transition("give back", frozenset({_A.IN_HAND}), _A.WAITING)
STAND_BY = Transition("decide", frozenset({_A.IN_HAND}), _A.STANDS)
OVERTURN = Transition("decide", frozenset({_A.IN_HAND}), _A.CHANGED)
