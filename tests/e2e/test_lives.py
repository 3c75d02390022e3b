"""Random lives of keys, with a moving clock, against a model of the semantics; through the running service.

STRONGROOM_TEST_LIVES says how many times as many steps are to be tried as in CI.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.deployments import Deployment
from tests.support.hooking import Hooks
from tests.support.lives import Lives, World

FACTOR = int(os.environ.get("STRONGROOM_TEST_LIVES", "1"))
STEPS = 60
EXAMPLES = 20 * FACTOR


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("lives")
    deployment = Deployment.make(directory / "dev")
    # Rounds are done when a life says so, and at no other time.
    deployment.add_config("[housekeeping]\nreconcile_interval_s = 86400")
    hooks = Hooks.in_directory(directory, ages_certificates=False)
    with deployment.served(workers=2, hooks=hooks) as service, deployment.client() as client:
        yield World(service, client, hooks)


@pytest.mark.timeout(300 * FACTOR)
def test_lives_of_keys_are_as_the_semantics_say(world: World) -> None:
    class Machine(Lives):
        pass

    Machine.world = world
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=FACTOR == 1,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # a life can't be lived again: the service has moved on
        ),
    )
    assert world.steps > EXAMPLES * STEPS / 2
