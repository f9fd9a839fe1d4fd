"""Measure, show the table, and say with the exit code whether all limits are kept."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from bench import pages
from bench.figures import MISSED, TITLES, Figure, text
from bench.measures import MEASURES, measure
from bench.sizes import FULL, QUICK


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    names = asked.name or list(MEASURES)
    if asked.write and (asked.name or asked.quick):
        print("--write keeps the figures of a whole run: no names, no --quick", file=sys.stderr)
        return 2
    began = pages.Circumstances.now()
    found: dict[str, list[Figure]] = {}
    for name in names:
        found[name] = []
        for figure in measure(name)(QUICK if asked.quick else FULL):
            found[name].append(figure)
            print(": ".join(filter(None, (name, *figure.row()))), file=sys.stderr, flush=True)
    if asked.json:
        print(json.dumps([{"name": n} | f.values() for n in found for f in found[n]], indent=1))
    else:
        print(text([TITLES, *(figure.row() for n in found for figure in found[n])]))
    if asked.write:
        pages.write(found, began)
    return int(any(each.verdict == MISSED for n in found for each in found[n]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    names = ", ".join(MEASURES)
    known = [[], *MEASURES]  # argparse looks up the empty list as well
    parser.add_argument("name", nargs="*", choices=known, metavar="name", help=names)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the bench itself")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
