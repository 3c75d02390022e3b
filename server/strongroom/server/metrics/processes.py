"""What the processes have counted, added up, and what they take of the machine."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from strongroom.server.figures import FAMILIES, Family, Kind, read_figures
from strongroom.server.figures.files import Written
from strongroom.server.figures.series import Labels, Value

_PROCESS = "process"
_SUPERVISOR = "supervisor"
_NS = 1e9


class ProcessMetrics(Collector):
    """The figures that processes have written.

    Args:
        directory: where their files are.
        supervisor: its process id: who isn't its child is dead, and shows nothing that is as it is now.
    """

    def __init__(self, directory: Path, supervisor: int) -> None:
        self._directory = directory
        self._supervisor = supervisor

    def collect(self) -> Iterator[Metric]:
        """Every figure that there is."""
        written = list(read_figures(self._directory))
        living = [one for one in written if _parent_of(one.pid) == self._supervisor]
        for family in FAMILIES:
            yield _MAKERS[family.kind](family, living if family.kind is Kind.GAUGE else written)
        pids = {_SUPERVISOR: self._supervisor} | {one.process: one.pid for one in living}
        yield from _resources(pids)


def _counter(family: Family, written: Iterable[Written]) -> Metric:
    made = CounterMetricFamily(family.name, family.help, labels=family.labels)
    for labels, (total,) in _sums(family, written).items():
        made.add_metric(labels, total)
    return made


def _histogram(family: Family, written: Iterable[Written]) -> Metric:
    made = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    bounds = [*(f"{bound:g}" for bound in family.buckets), "+Inf"]
    for labels, (*counts, sum_ns) in _sums(family, written).items():
        buckets = list(zip(bounds, accumulate(counts), strict=True))
        made.add_metric(labels, buckets, sum_ns / _NS)
    return made


def _gauge(family: Family, written: Iterable[Written]) -> Metric:
    made = GaugeMetricFamily(family.name, family.help, labels=[_PROCESS, *family.labels])
    for one in written:
        for labels, value in one.values.get(family.name, ()):
            if not isinstance(value, list):
                made.add_metric([one.process, *labels], value)
    return made


_MAKERS = {Kind.COUNTER: _counter, Kind.GAUGE: _gauge, Kind.HISTOGRAM: _histogram}

_Numbers: TypeAlias = Sequence[float]


def _sums(family: Family, written: Iterable[Written]) -> dict[Labels, _Numbers]:
    """What all processes have counted, by labels."""
    sums: dict[Labels, _Numbers] = {}
    for one in written:
        for labels, value in one.values.get(family.name, ()):
            numbers = _numbers(value)
            known = sums.get(labels)
            sums[labels] = numbers if known is None else [a + b for a, b in zip(known, numbers, strict=True)]
    return sums


def _numbers(value: Value) -> _Numbers:
    return value if isinstance(value, list) else [value]


def _parent_of(pid: int) -> int:
    """The parent of a process that runs; 0 if it is gone. proc(5)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[1])


def _resources(pids: dict[str, int]) -> Iterator[Metric]:
    """Memory, processor time and descriptors of processes, by their names."""
    found: dict[str, Metric] = {}
    for name, pid in pids.items():
        for metric in ProcessCollector("strongroom", pid=partial(int, pid), registry=None).collect():
            kept = found.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
            for sample in metric.samples:
                kept.add_sample(sample.name, {**sample.labels, _PROCESS: name}, sample.value)
    yield from found.values()
