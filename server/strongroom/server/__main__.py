"""`python -m strongroom.server` is the `strongroomd` command."""

from strongroom.server.cli import main

if __name__ == "__main__":
    main()
