"""Reading the figures of a service as Prometheus does."""

import urllib.request
from collections.abc import Callable
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.support.deployments import wait_until


class Scrape:
    """What one scrape gave."""

    def __init__(self, port: int) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            self.text = answer.read().decode()
        self.families = list(text_string_to_metric_families(self.text))
        self._samples = [sample for family in self.families for sample in family.samples]

    def value(self, sample: str, **labels: str) -> float:
        """The sum of all samples with this name and these labels."""
        return sum(s.value for s in self._samples if s.name == sample and labels.items() <= s.labels.items())

    def labels(self, name: str, label: str) -> set[str]:
        """The values of a label."""
        return {s.labels[label] for s in self._samples if s.name == name}

    def label_names(self, name: str) -> set[str]:
        """The labels that samples of this name have; none if there is no sample."""
        return {label for s in self._samples if s.name == name for label in s.labels}


def scrape_when(port: int, condition: Callable[[Scrape], Any]) -> Scrape:
    """The first scrape of which it is true: figures are written once a second."""
    found: list[Scrape] = []

    def is_so() -> bool:
        found[:] = [Scrape(port)]
        return bool(condition(found[0]))

    wait_until(is_so, 20)
    return found[0]
