"""What was counted before, kept until something happens that could change it.

Every change leaves an event in the audit trail. While the newest event about some kinds of things is the same, so is
what was counted of them, and a page that says a total costs the same however many rows stand behind it. The event is
looked up before the counting, so that what arrives meanwhile is counted again and never missed.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from charter import audit
from charter.orm import Base

Answer = TypeVar("Answer")


class Memory:
    """Answers by question. One for each application: what it holds is of one database."""

    LONGEST = 500
    """Answers kept at most."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[Hashable, tuple[tuple[str | None, ...], Any]] = {}

    def recall(
        self, session: Session, question: Hashable, of: tuple[type[Base], ...], work: Callable[[], Answer]
    ) -> Answer:
        """The answer to `question`, from memory when nothing happened to any of the things it is `of`; else by `work`.

        One query more than `work`, or one instead of it. Things that no event tells of are never remembered.
        """
        newest = audit.newest(session, *(model.__tablename__ for model in of))
        with self._lock:
            known = self._known.get(question)
        if known is not None and known[0] == newest:
            return cast(Answer, known[1])
        answer = work()
        if any(newest):
            self._keep(question, newest, answer)
        return answer

    def recall_within(self, period: str, question: Hashable, work: Callable[[], Answer]) -> Answer:
        """The answer to `question`, worked out once in each period, such as an hour. For what may be a little old.

        No query when it is remembered.
        """
        with self._lock:
            known = self._known.get(question)
        if known is not None and known[0] == (period,):
            return cast(Answer, known[1])
        answer = work()
        self._keep(question, (period,), answer)
        return answer

    def _keep(self, question: Hashable, until: tuple[str | None, ...], answer: object) -> None:
        with self._lock:
            if len(self._known) >= self.LONGEST:
                self._known.clear()
            self._known[question] = until, answer
