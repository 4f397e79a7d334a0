"""What the rules say when they say no."""


class Refusal(Exception):
    """The rules say no; the message is a sentence fit to show the person who asked.

    `field` names the form field it belongs beside, when it belongs beside one.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


OWN_WINDOW = "You saved this in another window while you were typing here."


class Stale(Refusal):
    """Somebody else saved first. `current` is what they saved, so that both versions can be shown."""

    def __init__(self, message: str, *, current: object) -> None:
        super().__init__(message)
        self.current = current


def who_saved(saved_by: object, person: object, else_words: str) -> str:
    """What to say of what was saved meanwhile: that the person did so in another window, or `else_words`. Both are
    ids."""
    return OWN_WINDOW if saved_by is not None and saved_by == person else else_words
