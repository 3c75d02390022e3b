"""`python -m strongroom.server.process worker …` is a child of the supervisor, as is `housekeeper`.

It closes itself to others before it imports anything large: who opened /proc/<pid>/mem or attached before
that keeps what he has, imports take seconds, and the environment may have the PIN.
"""

import sys
from importlib import import_module

from strongroom.server.process import limits


def main() -> int:
    """The entry point; gives the exit code."""
    limits.set_traceable(is_traceable=False)  # until the configuration says otherwise
    kind = sys.argv.pop(1)
    code: int = import_module(f"{limits.__package__}.{kind}").main()
    return code


if __name__ == "__main__":
    sys.exit(main())
