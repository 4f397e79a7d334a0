"""Between which shares the true one lies, when so many of so many were counted: Wilson's score interval. Pure.

Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American Statistical
Association 22 (1927), 209-212. Unlike the simple interval it holds with few cases, and stays between 0 and 1.
"""

from math import sqrt

from charter.review.second.kappa import Z


def interval(hits: int, total: int) -> tuple[float, float] | None:
    """From where to where the share lies with 95% confidence; None of nothing."""
    if total <= 0:
        return None
    share = hits / total
    middle = share + Z**2 / (2 * total)
    spread = Z * sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    whole = 1 + Z**2 / total
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)
