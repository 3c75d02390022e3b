"""The dashboard, the alerts and their documentation are about figures that the service really serves."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml

from strongroom.client import errors
from strongroom.server.figures import FAMILIES
from strongroom.server.request_log import FIELDS
from tests.support import markdown
from tests.support.deployments import Deployment, free_port
from tests.support.scrapes import Scrape, scrape_when

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "deploy" / "grafana" / "strongroom.json"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
PAGE = ROOT / "docs" / "observability.md"
OF_PROMETHEUS = {"job", "instance"}
SAMPLES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


@pytest.fixture(scope="module")
def scrape(tmp_path_factory: pytest.TempPathFactory) -> Scrape:
    """Of a service that has seen a little of everything."""
    deployment = Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")
    port = free_port()
    deployment.add_config(f'[metrics]\nlisten = "127.0.0.1:{port}"')
    with deployment.served() as service, deployment.client() as client:
        key_id = client.create_key().key_id
        client.encrypt(key_id, b"x")
        with pytest.raises(errors.NotFound):
            client.encrypt("alias/nobody", b"x")
        service.do_round()
        return scrape_when(port, lambda scrape: scrape.value("strongroom_requests_total") >= 3)


@pytest.fixture(scope="module")
def names(scrape: Scrape) -> set[str]:
    """The names of all samples that there can be."""
    return {family.name + end for family in scrape.families for end in SAMPLES[family.type]}


def _panels() -> Iterator[tuple[str, str]]:
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")


def _rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


EXPRESSIONS = [*_panels(), *((rule["alert"], rule["expr"]) for rule in _rules())]


def _selectors(expression: Any) -> Iterator[Any]:
    found: list[Any] = []

    def visit(node: Any) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.append(node)
        return True

    promql.walk(expression, visit)
    return iter(found)


@pytest.mark.parametrize(("title", "text"), EXPRESSIONS, ids=[title for title, _ in EXPRESSIONS])
def test_an_expression_is_about_figures_and_labels_that_are_served(
    scrape: Scrape, names: set[str], title: str, text: str
) -> None:
    selectors = list(_selectors(promql.parse(text)))
    assert selectors
    for selector in selectors:
        assert selector.name in names
        labels = {matcher.name for matcher in selector.matchers.matchers}
        known = scrape.label_names(selector.name)
        assert not known or labels <= known | OF_PROMETHEUS
    grouped = {name for group in re.findall(r"\bby \(([^)]*)\)", text) for name in re.split(r",\s*", group)}
    known = {label for selector in selectors for label in scrape.label_names(selector.name)}
    assert not known or grouped <= known | OF_PROMETHEUS


def test_outcomes_in_expressions_are_reasons_of_errors() -> None:
    reasons = {"OK"} | {kind.reason for kind in _kinds()}
    for _, text in EXPRESSIONS:
        for outcomes in re.findall(r'outcome(?:=|=~|!=)"([^"]*)"', text):
            assert set(outcomes.split("|")) <= reasons


def _kinds() -> Iterator[Any]:
    from strongroom.server.core.errors import KmsError

    waiting: list[Any] = [KmsError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if hasattr(kind, "reason"):
            yield kind


def test_the_dashboard_asks_the_data_source_that_its_reader_chooses() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    assert dashboard["schemaVersion"] >= 41
    assert {"datasource", "job", "operation"} == {one["name"] for one in dashboard["templating"]["list"]}
    sources = [panel["datasource"]["uid"] for panel in dashboard["panels"] if "datasource" in panel]
    assert set(sources) == {"${datasource}"}
    identities = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identities)) == len(identities)


def test_every_alert_says_what_is_wrong_and_where_to_read_on() -> None:
    rules = _rules()
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 12
    anchors = markdown.anchors(PAGE.read_text())
    for rule in rules:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]
        path, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert ROOT / path == PAGE
        assert anchor == rule["alert"].lower()
        assert anchor in anchors


def test_the_table_of_figures_is_what_is_served(scrape: Scrape) -> None:
    served = {
        family.name + ("_total" if family.type == "counter" else ""): family.type
        for family in scrape.families
        if family.name.startswith("strongroom_")
    }
    assert _table("figure", 1) == served


def test_the_labels_in_the_table_are_those_that_are_served(scrape: Scrape) -> None:
    for name, cell in _table("figure", 2).items():
        labels = set(re.findall(r"`(\w+)`", cell))
        sample = name if scrape.label_names(name) else f"{name}_sum"
        known = scrape.label_names(sample)
        if known:
            assert labels == known, name
    of_processes = {family.name: set(family.labels) for family in FAMILIES}
    documented = {
        name.removesuffix("_total"): set(re.findall(r"`(\w+)`", cell))
        for name, cell in _table("figure", 2).items()
    }
    for name, labels in of_processes.items():
        assert documented[name] - {"process"} == labels - {"process"}


def test_the_table_of_the_log_line_is_what_is_written() -> None:
    assert list(_table("field", 1)) == list(FIELDS)


def _table(head: str, column: int) -> dict[str, str]:
    """The cells of a column by those of the first, of all tables whose first heading is this."""
    found = {}
    is_inside = False
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if not cells:
            is_inside = False
        elif cells[0] == head:
            is_inside = True
        elif is_inside and not cells[0].startswith("---"):
            found[cells[0].strip("`")] = cells[column]
    return found


def test_the_table_of_attributes_is_what_spans_have() -> None:
    source = (ROOT / "server" / "strongroom" / "server" / "tracing.py").read_text()
    known = set(re.findall(r'"((?:rpc|error|client|strongroom)\.[a-z_.]+)"', source))
    assert set(_table("attribute", 1)) == known
