"""Steps from one status to another, as data, and the one piece of code that takes them."""

import enum
from dataclasses import dataclass
from typing import Any

from charter.errors import Refusal


class Status(enum.StrEnum):
    """A status stored by its value and shown by its label."""

    @property
    def label(self) -> str:
        """The status in the scheme's words."""
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Transition:
    """A named step that may be taken from any of `sources` and ends in `target`."""

    name: str
    sources: frozenset[Status]
    target: Status


class HasStatus:
    """Gives a model `move`, the only code that sets its status."""

    status: Any

    def can(self, step: Transition) -> bool:
        """Whether the step may be taken from here."""
        return self.status in step.sources

    def move(self, step: Transition) -> None:
        """Take the step, or raise `Refusal` when it does not start from where we are."""
        if not self.can(step):
            noun = type(self).__name__.lower()
            article = "an" if noun[0] in "aeiou" else "a"
            raise Refusal(f"You cannot {step.name} {article} {noun} that is {self.status.label.lower()}.")
        self.status = step.target
