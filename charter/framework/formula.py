"""Formulas of figures: numbers, names, brackets and + - * /, worked out on decimals and nothing more."""

import ast
import math
import operator
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from simpleeval import SimpleEval

LONGEST = 300
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


class ZeroDenominator(Exception):
    """The formula divides by a number that came to zero."""


def problem(text: str, names: Collection[str]) -> str | None:
    """What is wrong with a formula that may use these names, in a sentence; None when nothing is."""
    if len(text) > LONGEST:
        return f"The formula is longer than {LONGEST} characters."
    try:
        tree = _parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return f"The formula “{text}” cannot be read. Check its brackets and signs."
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and type(node.op) not in _OPERATORS:
            return f"The formula “{text}” uses a sign that is not allowed. Use + - * / and brackets only."
        if isinstance(node, ast.Name) and node.id not in names:
            return f"The formula uses “{node.id}”, which is neither a context field nor an input of this metric."
        if isinstance(node, ast.Constant) and not _is_number(node.value):
            return f"The formula “{text}” uses something that is not a number: {ast.unparse(node)}."
        if not isinstance(node, ast.BinOp | ast.Name | ast.Constant | ast.Load | ast.operator):
            return f"The formula “{text}” does more than it may. Use numbers, names, + - * / and brackets only."
    if any(isinstance(node, ast.Constant) and not node.value for node in _divisors(tree)):
        return f"The formula “{text}” divides by zero."
    return None


def divides(text: str) -> bool:
    """Whether the formula divides by anything. The formula has no `problem`."""
    return bool(_divisors(_parse(text)))


def denominators(text: str, numbers: Mapping[str, Decimal]) -> tuple[Decimal, ...]:
    """What the formula divides by, in this case; constants left out. Raises ZeroDenominator as `value` does."""
    return tuple(
        value(ast.unparse(node), numbers) for node in _divisors(_parse(text)) if not isinstance(node, ast.Constant)
    )


def value(text: str, numbers: Mapping[str, Decimal]) -> Decimal:
    """The formula worked out on these numbers.

    Raises `ZeroDenominator` when it divides by zero, and KeyError when a name has no number.
    """
    tree = _parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in numbers:
            raise KeyError(node.id)
    evaluator = SimpleEval(operators=_OPERATORS, functions={}, names=dict(numbers))
    # Only these three are left of what the evaluator knows. Written numbers become decimals.
    evaluator.nodes = {
        ast.BinOp: evaluator.nodes[ast.BinOp],
        ast.Name: evaluator.nodes[ast.Name],
        ast.Constant: lambda node: Decimal(str(node.value)),
    }
    try:
        result = evaluator.eval(text, previously_parsed=tree)
    except (ZeroDivisionError, InvalidOperation) as error:
        raise ZeroDenominator(text) from error
    return Decimal(result)


@lru_cache(maxsize=512)
def _parse(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def _is_number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)


def _divisors(tree: ast.expr) -> list[ast.expr]:
    return [node.right for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)]
