"""Work beside each other: a process for each processor, with a stack for deep terms."""

import multiprocessing
import os
import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor

STACK = 512 * 1024 * 1024

_shared = None


def pool(shared):
    """Processes that run functions on `shared`, which each has a copy of, and on more."""
    context = multiprocessing.get_context("fork")
    return ProcessPoolExecutor(len(os.sched_getaffinity(0)), context, _begin, (shared,))


def begin(processes, function, *arguments):
    """Has a process run a function as soon as one is free; gives what will be its result."""
    return processes.submit(_run, function, *arguments)


def _begin(shared):
    global _shared
    _shared = shared


def _run(function, *arguments):
    """Runs a function with a stack for deep terms: only a thread can have one."""
    sys.setrecursionlimit(1_000_000)
    threading.stack_size(STACK)
    outcome = Future()

    def run():
        try:
            outcome.set_result(function(_shared, *arguments))
        except BaseException as error:
            outcome.set_exception(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return outcome.result()
