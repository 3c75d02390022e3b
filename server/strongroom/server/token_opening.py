"""Opens a deployment's token as the configuration says."""

from collections.abc import Callable

from strongroom.hsm import KeyKind, PinSource, Token, TokenProfile, TokenState, load_profile
from strongroom.server.config import Settings
from strongroom.server.deployment import runtime_directory
from strongroom.server.observation import UNOBSERVED, Observation


def token_profile(settings: Settings) -> TokenProfile:
    """The token profile with what the configuration says otherwise.

    Raises:
        ProfileInvalid: it can't be used.
    """
    token = settings.token
    profile = load_profile(token.profile)
    return profile.with_overrides(
        modules=(str(token.module),) if token.module else None,
        label=token.label,
        serial=token.serial,
        environment={**profile.environment, **token.environment},
        login_files=token.login_files or None,
    )


def open_token(
    settings: Settings,
    on_state: Callable[[TokenState, str], None] = lambda _state, _reason: None,
    observation: Observation = UNOBSERVED,
) -> Token:
    """Opens the deployment's token.

    Raises:
        HsmError: it can't be opened.
    """
    token = Token.open(
        token_profile(settings),
        PinSource.parse(settings.token.pin),
        deployment=settings.deployment.name,
        lock_dir=runtime_directory(settings),
        pairs_ahead={KeyKind(spec): count for spec, count in settings.limits.data_key_pairs_ahead.items()},
        on_state=observation.on_token_state(on_state),
        on_call=observation.on_token_call,
    )
    observation.watch_token(token)
    return token
