"""Runs one program and answers for all its descendants. A script of the standard library only.

``python -I -S guard.py PARENT GRACE PROGRAM ARGUMENTS…`` ends with the program's exit code, or with
128 and the signal's number when a signal ended it. It ends the program, with everything that the
program ever started and that this user may end, when it is told to (SIGTERM) and when the process
that started it (id PARENT) is gone, by SIGKILL for instance (the kernel sends SIGTERM then), and it
ends what the program had under way when a signal has ended the program. When it is told to, the
program alone is asked first, to put things in order; what is left after GRACE seconds is killed.
Processes that a program which ended by itself has left behind (asynchronous tasks, connections kept
open) are left alone.
"""

import ctypes
import os
import signal
import sys
from time import monotonic, sleep

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def descendants():
    """The ids of all processes below this one, from /proc."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    said = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if said[0] != b"Z":
                children.setdefault(int(said[1]), []).append(int(name))
    found, left = [], [os.getpid()]
    while left:
        below = children.get(left.pop(), ())
        found += below
        left += below
    return found


def send(number, processes):
    """Those of the processes that could be sent the signal: others are gone, or somebody else's."""
    sent = []
    for process in processes:
        try:
            os.kill(process, number)
            sent.append(process)
        except (ProcessLookupError, PermissionError):
            pass
    return sent


def reap(program):
    """Collect whoever has ended; the program's wait status once it is among them, else None."""
    status = None
    while True:
        try:
            process, code = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if process == 0:
            return status
        if process == program:
            status = code


def end_all(program, status, grace):
    """End the program and its descendants; its wait status."""
    until = monotonic() + grace
    if status is None:
        send(signal.SIGTERM, [program])
    while status is None and monotonic() < until:
        sleep(0.02)
        status = reap(program)
    send(signal.SIGTERM, descendants())
    while descendants() and monotonic() < until:
        sleep(0.02)
        found = reap(program)
        status = found if status is None else status
    while send(signal.SIGKILL, descendants()):
        sleep(0.01)
        found = reap(program)
        status = found if status is None else status
    found = reap(program)
    return found if status is None else status


def main():
    parent, grace, command = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    numbers = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return 143
    program = os.fork()
    if program == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
        try:
            os.execvp(command[0], command)
        except OSError as failure:
            os.write(2, f"{command[0]}: {failure.strerror}\n".encode())
        os._exit(127)
    status = None
    while status is None:
        number = signal.sigwait(numbers)
        status = reap(program)
        if number != signal.SIGCHLD or (status is not None and os.WIFSIGNALED(status)):
            # Told to end, or a signal has ended the program: what it had under way is nobody's.
            status = end_all(program, status, grace)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


if __name__ == "__main__":
    os._exit(main())
