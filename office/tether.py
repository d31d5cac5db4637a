"""Ties a child to its parent's life, then becomes the child's own program.

Run as `python -I -S office/tether.py PARENT SIGNAL PROGRAM ARGUMENT…`. On Linux the kernel sends SIGNAL to the
program when the parent thread that started it ends, however it ends; elsewhere the program is started as it is. It
decides nothing else, imports nothing of ours, and serves no clause of a regulation.
"""

import os
import sys

PR_SET_PDEATHSIG = 1


def tie_to_parent(parent: int, number: int) -> None:
    """Ask the kernel for signal `number` when `parent` ends; leave at once when it has ended already."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        # It ended between our start and the request above: no signal would ever come.
        os._exit(0)


def main() -> None:
    """Tie this process to its parent and replace it by the program named in the arguments."""
    parent, number, program, *arguments = sys.argv[1:]
    tie_to_parent(int(parent), int(number))
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    main()
