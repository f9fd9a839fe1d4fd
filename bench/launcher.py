"""Runs a command several times and prints wall time, CPU time and memory of each as JSON.

A small process of its own: Linux counts the memory of whoever forked to the one that was started,
so that it has to be someone with less than what is measured. ``python -I -S launcher.py N command``
"""

import json
import os
import sys
import time


def once(command):
    """(wall seconds, CPU seconds, KiB resident at most, exit code)"""
    nothing = os.open(os.devnull, os.O_RDWR)
    began = time.perf_counter()
    pid = os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 0), (os.POSIX_SPAWN_DUP2, nothing, 1)],
    )
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    os.close(nothing)
    cpu = usage.ru_utime + usage.ru_stime
    return wall, cpu, usage.ru_maxrss, os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    print(json.dumps([once(sys.argv[2:]) for _ in range(int(sys.argv[1]))]))
