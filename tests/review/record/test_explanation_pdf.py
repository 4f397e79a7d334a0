"""An explanation is printed as it was kept."""

import re
from datetime import date

from charter.review.record import explanation, explanation_pdf, wording
from tests.readers import words as words_of


def test_the_drawing_takes_no_words_from_anywhere_else() -> None:
    """What a record does not say is not on its pages: a word in the code could be another one next year."""
    words = dict.fromkeys(wording.WORDS, "WORDS")
    said = explanation.Explanation(
        title="TITLE",
        employer="EMPLOYER",
        decided_on=date(2026, 12, 3),
        sha256="0" * 64,
        sections=[
            ("SECTION", [["heading", "HEADING"], ["text", "TEXT"], ["fact", "NAME", "VALUE"]]),
            ("SECTION", [["rule", "MET", "ASKS", ["MISSING"]], ["evidence", "NAME", "FACTS", "SAID", "HASH", "WORDS"]]),
        ],
        words=words,
        private=True,
    )
    printed = words_of(explanation_pdf.draw(said))
    left = re.sub(r"\b[A-Z]{3,}\b|[\d\W]", "", printed.replace("SHA-256", ""))
    assert left == "", printed
