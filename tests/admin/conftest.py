"""The cases that the panel's pages show."""

from tests.review.conftest import claimed, codes, found, highest, recommended, second, sent, waiting

__all__ = ["claimed", "codes", "found", "highest", "recommended", "second", "sent", "waiting"]
