"""`python -m benchmarks.servers`: the same application behind different servers, in one run (docs/adr/0007)."""

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks import databases, load, pages, serving
from benchmarks.__main__ import SEED
from benchmarks.load import Load, Outcome, Visit
from benchmarks.pages import PAGES
from charter.app import create_app

EMPTY = "Empty view"
MEASURED = ("Register of employers", "One criterion")


@dataclass(frozen=True)
class Candidate:
    """A server and how it is set up: one process, with some threads."""

    name: str
    command: Sequence[str]

    def started(self, target: str, port: int) -> list[str]:
        """The command that serves `target` (module:factory) on a port of this machine."""
        module, factory = target.split(":")
        called = {"target": target, "call": f"{module}:{factory}()", "port": str(port), "host": serving.HOST}
        return [sys.executable, "-m", *(part.format(**called) for part in self.command)]


def granian(threads: int) -> Candidate:
    """Granian as `charter serve` sets it up, with some threads for the application."""
    options = f"--interface wsgi --factory --workers 1 --blocking-threads {threads} --no-ws --log-level warning"
    return Candidate(
        f"Granian, {threads} threads" if threads > 1 else "Granian, 1 thread",
        ("granian", "--host", "{host}", "--port", "{port}", *options.split(), "{target}"),
    )


def gunicorn(kind: str, threads: int) -> Candidate:
    """Gunicorn with one worker of a kind."""
    options = f"--workers 1 --worker-class {kind} --threads {threads} --log-level warning"
    return Candidate(
        f"Gunicorn {kind}" + (f", {threads} threads" if threads > 1 else ""),
        ("gunicorn", "--bind", "{host}:{port}", *options.split(), "{call}"),
    )


CANDIDATES = (granian(1), granian(2), granian(4), gunicorn("sync", 1), gunicorn("gthread", 1), gunicorn("gthread", 4))


@dataclass(frozen=True)
class Found:
    """What one page came to behind one server."""

    server: str
    page: str
    rate: float
    p50: float
    p95: float
    memory: float
    ratio: float
    """Requests in a second as a share of the first candidate's."""


def main() -> None:
    """Measure each candidate on each page, in turns, and print the medians."""
    parser = argparse.ArgumentParser(prog="benchmarks.servers", description=__doc__)
    parser.add_argument("--employers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="keep the figures in this file")
    asked = parser.parse_args()
    candidates = [one for one in CANDIDATES if find_spec(one.command[0])]
    amount = Load(requests=100_000, seconds=asked.seconds)
    outcomes: dict[tuple[str, str], list[Outcome]] = {}
    memory: dict[str, float] = {}
    with databases.server("sqlite") as address:
        made = databases.get("sqlite", asked.employers, SEED, address, lambda line: print(line, file=sys.stderr))
        visits = pages.visits(create_app(made.settings()), [page for page in PAGES if page.name in MEASURED])
        for _ in range(asked.rounds):
            for one in candidates:
                port = serving.free_port()
                with serving.started(one.started(serving.FLOOR, port), port, {}):
                    outcomes.setdefault((one.name, EMPTY), []).append(load.run(port, [Visit("/")], amount))
                port = serving.free_port()
                with serving.started(one.started(serving.PORTAL, port), port, made.environment(port)) as process:
                    for name in MEASURED:
                        outcomes.setdefault((one.name, name), []).append(load.run(port, visits[name], amount))
                    memory[one.name] = max(memory.get(one.name, 0), serving.peak_memory(process))
    rates = {key: statistics.median(one.rate for one in several) for key, several in outcomes.items()}
    found = [
        Found(
            server=name,
            page=page,
            rate=round(rate, 1),
            p50=round(statistics.median(one.percentile(0.5) for one in outcomes[name, page]), 2),
            p95=round(statistics.median(one.percentile(0.95) for one in outcomes[name, page]), 2),
            memory=round(memory[name], 1),
            ratio=round(rate / rates[candidates[0].name, page], 2),
        )
        for (name, page), rate in rates.items()
    ]
    print(f"{'server':30}{'page':24}{'req/s':>9}{'ratio':>7}{'p50 ms':>8}{'p95 ms':>8}{'memory MB':>11}")
    for page in (EMPTY, *MEASURED):
        for row in found:
            if row.page == page:
                print(
                    f"{row.server:30}{row.page:24}{row.rate:>9.1f}{row.ratio:>7.2f}{row.p50:>8.1f}{row.p95:>8.1f}"
                    f"{row.memory:>11.1f}"
                )
    if asked.json:
        Path(asked.json).write_text(json.dumps([asdict(row) for row in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
