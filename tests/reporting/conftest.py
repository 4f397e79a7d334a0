"""The cases that figures on casework count."""

from tests.review.conftest import claimed, second, sent

__all__ = ["claimed", "second", "sent"]
