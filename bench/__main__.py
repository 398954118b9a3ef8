"""`python -m bench`: run the benchmarks, print one table, write build/bench.json.

The exit code says whether they ran, not whether every bound is met: the table says that.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence

import httpx
from rich.console import Console

from bench import armsim, cold_start, load, machine, overhead, report, traffic
from bench.measure import Measure
from bench.processes import ROOT, BenchError

type Benchmark = Callable[[int], Awaitable[list[Measure]]]

RUNS = 5
QUICK_ROLLOUTS = 20
FILE = ROOT / "build" / "bench.json"
PAGE = ROOT / "docs" / "benchmarks.md"


def _benchmarks(quick: bool) -> dict[str, Benchmark]:
    async def loaded(runs: int) -> list[Measure]:
        return await load.measure(runs, QUICK_ROLLOUTS) if quick else await load.measure(runs)

    return {
        "cold-start": cold_start.measure,
        "requests": traffic.measure,
        "overhead": overhead.measure,
        "peer": overhead.measure_peer,
        "load": loaded,
        "simulator": armsim.measure,
    }


async def run(given: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 where a benchmark could not be run."""
    names = list(_benchmarks(quick=False))
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run of each, and a small load: a look, no result")
    parser.add_argument("--only", action="append", choices=names, help="this one alone; may be given several times")
    parser.add_argument("--docs", action="store_true", help="also write the results into docs/benchmarks.md")
    asked = parser.parse_args(given)
    if asked.docs and (asked.quick or asked.only):
        parser.error("--docs takes the whole: neither --quick nor --only go with it")
    runs = 1 if asked.quick else RUNS
    facts = machine.facts() | {"quick": asked.quick}
    console = Console()
    measures: list[Measure] = []
    failed = False
    for name, benchmark in _benchmarks(asked.quick).items():
        if asked.only and name not in asked.only:
            continue
        try:
            with console.status(f"{name}, {runs} run(s) …"):
                measures += await benchmark(runs)
        except (BenchError, httpx.HTTPError) as error:
            console.print(f"{name}: {type(error).__name__}: {error}", style="red", markup=False)
            failed = True
    report.show(console, facts, runs, measures)
    report.write(FILE, facts, runs, measures)
    if asked.docs and not failed:
        report.publish(PAGE, facts, runs, measures)
    console.print(f"Raw samples and details: {FILE.relative_to(ROOT)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(run()))
