"""A few rounds of what scripts/torture does in full."""

from tests.support import torture, torture_lives
from tests.support.deployments import Deployment


def test_what_was_answered_survives_killed_processes(own_deployment: Deployment) -> None:
    done = torture.kill_rounds(own_deployment, rounds=8, seed=7, progress=print)
    assert done["keys"] > 0
    assert done["blobs"] > 0


def test_the_token_survives_starts_that_are_killed(own_deployment: Deployment) -> None:
    torture.start_rounds(own_deployment, rounds=2, seed=7, progress=print)


def test_keys_live_as_their_owners_want_although_processes_are_killed(own_deployment: Deployment) -> None:
    done = torture_lives.life_rounds(own_deployment, rounds=6, seed=7, progress=print)
    assert done["keys"] > 0
