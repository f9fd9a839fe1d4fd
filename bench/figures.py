"""What was measured, against what, and whether that is good enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

OK, MISSED, RECORDED = "ok", "MISSED", "for the record"


@dataclass(frozen=True)
class Figure:
    """One figure. Limits: ``most`` and ``least`` for what was measured, ``most_ratio`` for what was
    measured over the baseline; without any it is for the record."""

    what: str
    measured: float
    unit: str
    baseline: float | None = None
    against: str = ""
    most: float | None = None
    least: float | None = None
    most_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.measured / self.baseline if self.baseline else None

    @property
    def verdict(self) -> str:
        """Limits hold for what was measured, not for what is shown: nothing is rounded here."""
        if self.limits == "":
            return RECORDED
        good = (
            (self.most is None or self.measured <= self.most)
            and (self.least is None or self.measured >= self.least)
            and (self.most_ratio is None or (self.ratio or 0.0) <= self.most_ratio)
        )
        return OK if good else MISSED

    @property
    def limits(self) -> str:
        if self.most is not None and self.most == self.least:
            return f"= {number(self.most)}"
        told = []
        if self.most_ratio is not None:
            told.append(f"≤ {number(self.most_ratio)} ×")
        if self.most is not None:
            told.append(f"≤ {number(self.most)} {self.unit}".rstrip())
        if self.least is not None:
            told.append(f"≥ {number(self.least)} {self.unit}".rstrip())
        return ", ".join(told)

    def row(self) -> tuple[str, ...]:
        """What, measured, baseline, ratio, limit, verdict."""
        baseline = "" if self.baseline is None else f"{number(self.baseline)} {self.unit}".rstrip()
        return (
            self.what,
            f"{number(self.measured)} {self.unit}".rstrip(),
            f"{baseline} ({self.against})" if baseline and self.against else baseline,
            "" if self.ratio is None else f"{self.ratio:.2f} ×",
            self.limits,
            self.verdict,
        )

    def values(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "what": self.what,
            "measured": self.measured,
            "unit": self.unit,
            "baseline": self.baseline,
            "against": self.against,
            "ratio": self.ratio,
            "limit": self.limits,
            "verdict": self.verdict,
        }


TITLES = ("what", "measured", "baseline", "ratio", "limit", "")


def number(value: float) -> str:
    """Three digits that matter."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def text(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(TITLES))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def markdown(figures: Iterable[Figure]) -> str:
    """The table for a page."""
    titles = [*TITLES[:-1], "verdict"]
    rows = [titles, ["---"] * len(titles), *(each.row() for each in figures)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """p50 and p99."""
    cuts = quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[98]
