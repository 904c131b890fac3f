"""`python -m vallebot`: the same as the command `vallebot`."""

from __future__ import annotations

from vallebot.cli import main

if __name__ == "__main__":
    main()
