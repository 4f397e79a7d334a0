"""How long the made-up employers take: some questions longer than others, the same ones for everybody."""

from random import Random
from zlib import crc32

from charter.framework.content import Criterion


def seconds(task: Criterion | str, random: Random) -> int:
    """How long one employer spends on a criterion, or on another task by its code."""
    needs_proof = not isinstance(task, str) and task.evidence_required
    code = task if isinstance(task, str) else task.code
    usual = (110 if needs_proof else 50) * (0.7 + crc32(code.encode()) % 100 / 100)
    return max(10, round(usual * random.lognormvariate(0, 0.35)))
