"""How large the data is, and how long is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """`seconds` is the length of one run of load; `growth` the numbers of agents on the curve."""

    name: str
    growth: tuple[int, ...]
    seconds: float
    requests_of_memory: int

    @property
    def agents(self) -> int:
        """The number of agents that all else is measured with."""
        return self.growth[-1]


SCALES = {
    scale.name: scale
    for scale in (
        Scale("small", (1_000, 10_000), 0.5, 5_000),
        Scale("medium", (1_000, 10_000, 100_000), 3, 100_000),
        Scale("large", (10_000, 100_000, 1_000_000), 5, 100_000),
    )
}
