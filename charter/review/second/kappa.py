"""Cohen's kappa: how far two people agree beyond what chance alone would bring, with its 95% interval. Pure.

The interval is the estimate plus and minus 1.96 times the large-sample standard error of Fleiss, Cohen and Everitt,
"Large sample standard errors of kappa and weighted kappa", Psychological Bulletin 72 (1969), 323-327, cut off at -1
and 1. With few pairs it is rough, and when all pairs agree it has no width: the number of pairs belongs beside it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

Pairs = Mapping[tuple[str, str], int]
"""How often the first person found the one thing and the second the other."""
FEWEST = 10
"""Below so many pairs no kappa is worked out."""
Z = 1.959964
"""What 95% of a normal distribution lies within, in standard deviations."""


@dataclass(frozen=True)
class Agreement:
    """How far two people agree."""

    pairs: int
    same: int
    kappa: float | None
    """1 for always, 0 for no more than by chance, below 0 for less. None when there are too few pairs, and when one of
    the two always found the same thing: it would be 0, or nothing, whatever the other found."""
    error: float | None = None
    """Its standard error."""

    @property
    def raw(self) -> float | None:
        """The share of the pairs that are the same; None without any."""
        return self.same / self.pairs if self.pairs else None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough pairs to say anything."""
        return self.pairs >= FEWEST

    @property
    def interval(self) -> tuple[float, float] | None:
        """From where to where kappa lies with 95% confidence."""
        if self.kappa is None or self.error is None:
            return None
        return max(-1.0, self.kappa - Z * self.error), min(1.0, self.kappa + Z * self.error)


def agreement(pairs: Pairs, *, fewest: int = FEWEST) -> Agreement:
    """How far the two agree over all pairs."""
    total = sum(pairs.values())
    same = sum(number for (one, other), number in pairs.items() if one == other)
    if total < max(1, fewest):
        return Agreement(total, same, None)
    rows: Counter[str] = Counter()
    columns: Counter[str] = Counter()
    for (one, other), number in pairs.items():
        rows[one] += number
        columns[other] += number
    seen = same / total
    chance = sum(rows[value] * columns[value] for value in rows) / total**2
    if min(len(rows), len(columns)) == 1:
        return Agreement(total, same, None)
    kappa = (seen - chance) / (1 - chance)
    spread = sum(
        number / total * ((one == other) - (rows[other] + columns[one]) / total * (1 - kappa)) ** 2
        for (one, other), number in pairs.items()
    )
    variance = (spread - (kappa - chance * (1 - kappa)) ** 2) / (total * (1 - chance) ** 2)
    return Agreement(total, same, kappa, sqrt(max(0.0, variance)))
