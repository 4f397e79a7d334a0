"""`python -m benchmarks`: measure the main pages with few and with many employers, and say which miss their aim."""

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import counting, databases, load, pages, serving
from benchmarks.databases import Database
from benchmarks.load import Load, Outcome, Visit
from benchmarks.pages import MOST_SLOWER, PAGES, Page
from charter.app import create_app

FEW, MANY = 1_000, 100_000
SEED = 1
FULL = Load(requests=2_000, seconds=6)
QUICK = Load(requests=60, seconds=2)
QUICK_SIZES = (100, 400)
ROUNDS = 3
"""Each page is measured this often, in turn with the others and the empty view; the best round counts."""
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """What one page came to with one number of employers."""

    page: str
    employers: int
    rate: float
    p50: float
    p95: float
    queries: int
    size: int
    of_floor: float
    """Its requests in a second as a share of the empty view's, in the same run."""
    aims: str


def main() -> None:
    """Measure, print, and keep what was found. Exits with 1 when a page misses its aim."""
    asked = _arguments()
    chosen = [page for page in PAGES if not asked.pages or any(name in page.name.lower() for name in asked.pages)]
    sizes = QUICK_SIZES if asked.quick else tuple(asked.employers)
    amount, rounds = (QUICK, 1) if asked.quick else (Load(asked.requests, asked.seconds), asked.rounds)
    rows: list[Row] = []
    memory: dict[int, float] = {}
    floors: dict[int, float] = {}
    with databases.server(asked.database) as address:
        made = [databases.get(asked.database, size, SEED, address, _say) for size in sizes]
        _measure(made, chosen, amount, rounds, rows, floors, memory)
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "database": asked.database,
        "quick": asked.quick,
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "granian": version("granian"),
        "connections": load.CONNECTIONS,
        "empty_view": {str(size): round(rate, 1) for size, rate in floors.items()},
        "peak_memory_mb": {str(size): round(most, 1) for size, most in memory.items()},
        "pages": [asdict(row) for row in rows],
    }
    print(table(found))
    if asked.json:
        path = Path(asked.json)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found, indent=1) + "\n")
        _say(f"Kept in {path}")
    if not asked.quick and any(row.aims for row in rows):
        sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--quick", action="store_true", help="small numbers: shows that it works, not how fast it is")
    parser.add_argument("--employers", type=int, nargs="+", default=[FEW, MANY], help="how many, smallest first")
    parser.add_argument("--requests", type=int, default=FULL.requests, help="the most requests for a page in a round")
    parser.add_argument("--seconds", type=float, default=FULL.seconds, help="the most seconds for a page in a round")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often; the best counts")
    parser.add_argument(
        "--pages", nargs="*", default=[], metavar="WORD", help="only pages with one of these in the name"
    )
    stamp = f"{datetime.now(UTC):%Y-%m-%d}-{_commit()}.json"
    parser.add_argument("--json", nargs="?", const=str(RESULTS / stamp), help="keep the figures in a file")
    return parser.parse_args()


def _measure(
    made: list[Database],
    chosen: list[Page],
    amount: Load,
    rounds: int,
    rows: list[Row],
    floors: dict[int, float],
    memory: dict[int, float],
) -> None:
    """Measure every page on every database. The databases take turns, so that a busy minute harms both alike."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def serve(target: str, environment: dict[str, str], port: int) -> int:
            return stack.enter_context(serving.started(serving.as_served(target, port), port, environment))

        floor_port = serving.free_port()
        serve(serving.FLOOR, {}, floor_port)
        ports, processes, addresses, queries = {}, {}, {}, {}
        for one in made:
            size, port = one.employers, serving.free_port()
            app = create_app(one.settings())
            addresses[size] = pages.visits(app, chosen)
            queries[size] = {page.name: counting.queries(app, addresses[size][page.name]) for page in chosen}
            ports[size], processes[size] = port, serve(serving.PORTAL, one.environment(port), port)
        best: dict[tuple[int, str], Outcome] = {}
        floor: Outcome | None = None
        for _ in range(rounds):
            floor = _better(floor, load.run(floor_port, [Visit("/")], amount))
            for page in chosen:
                for size, port in ports.items():
                    outcome = load.run(port, addresses[size][page.name], amount)
                    best[size, page.name] = _better(best.get((size, page.name)), outcome)
        assert floor is not None
        for size, process in processes.items():
            memory[size], floors[size] = serving.peak_memory(process), floor.rate
    smallest = made[0].employers
    for one in made:
        size = one.employers
        for page in chosen:
            outcome = best[size, page.name]
            missed = (
                "" if amount is QUICK else _missed(page, outcome, queries[size][page.name], best[smallest, page.name])
            )
            rows.append(
                Row(
                    page=page.name,
                    employers=size,
                    rate=round(outcome.rate, 1),
                    p50=round(outcome.percentile(0.5), 1),
                    p95=round(outcome.percentile(0.95), 1),
                    queries=queries[size][page.name],
                    size=outcome.size,
                    of_floor=round(outcome.rate / floor.rate, 4),
                    aims=missed,
                )
            )


def _better(old: Outcome | None, new: Outcome) -> Outcome:
    return new if old is None or new.rate > old.rate else old


def _missed(page: Page, outcome: Outcome, queries: int, fewest: Outcome) -> str:
    """Which aims the page misses, in words; empty for none."""
    missed = []
    if queries > page.queries:
        missed.append(f"{queries} queries, at most {page.queries}")
    if page.rate and outcome.rate < page.rate:
        missed.append(f"{outcome.rate:.0f}/s, at least {page.rate:.0f}")
    if outcome.rate * MOST_SLOWER < fewest.rate:
        missed.append(f"{fewest.rate / outcome.rate:.1f} times slower than with the fewest employers")
    return "; ".join(missed)


def table(found: dict[str, Any]) -> str:
    """What was found, for people."""
    head = f"{'page':24}{'employers':>10}{'req/s':>8}{'p50 ms':>8}{'p95 ms':>8}{'queries':>9}{'kB':>7}{'of empty':>10}"
    lines = ["", head, "-" * len(head)]
    for name in dict.fromkeys(row["page"] for row in found["pages"]):
        for row in found["pages"]:
            if row["page"] == name:
                lines.append(
                    f"{name:24}{row['employers']:>10,}{row['rate']:>8.1f}{row['p50']:>8.1f}{row['p95']:>8.1f}"
                    f"{row['queries']:>9}{row['size'] / 1000:>7.1f}{row['of_floor']:>10.1%}"
                    + (f"  MISSED: {row['aims']}" if row["aims"] else "")
                )
    lines += ["-" * len(head)]
    for size, rate in found["empty_view"].items():
        most = found["peak_memory_mb"][size]
        lines.append(f"{int(size):,} employers: empty view {rate:,.0f} req/s; the worker's peak memory {most:.0f} MB")
    return "\n".join(lines)


def _commit() -> str:
    try:
        done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
