"""The one thread of a process in which all network work happens."""

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

_GRACE_SECONDS = 5.0
_RESOLVERS = 32
"""Names being looked up at once: a name server that hangs for one shop must not stop the others."""

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None
_parents: list[asyncio.AbstractEventLoop] = []


def loop() -> asyncio.AbstractEventLoop:
    """Give this process's loop, started on first use."""
    global _loop, _thread
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            _loop.set_default_executor(ThreadPoolExecutor(_RESOLVERS, "hub-resolver"))
            _thread = threading.Thread(target=_loop.run_forever, name="hub-network", daemon=True)
            _thread.start()
        return _loop


def call(work: Coroutine[Any, Any, T], deadline: float) -> T:
    """Run `work` in the loop and wait for it, at most `deadline` seconds and a grace.

    The work must bound itself; `TimeoutError` here means that the loop itself is stuck. When the
    waiting thread is interrupted the work is cancelled.
    """
    running = loop()
    if _inside(running):
        work.close()
        raise RuntimeError("the synchronous client was called from the network thread")
    future = asyncio.run_coroutine_threadsafe(work, running)
    try:
        return future.result(deadline + _GRACE_SECONDS)
    except BaseException:
        future.cancel()
        raise


def is_current(one: asyncio.AbstractEventLoop) -> bool:
    """Tell whether `one` still is this process's loop; after a fork the parent's is not."""
    return one is _loop


def _inside(running: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is running
    except RuntimeError:
        return False


def _forget_after_fork() -> None:
    global _loop, _lock
    _lock = threading.Lock()
    if _loop is not None:
        # Kept alive, never closed: its selector is shared with the parent, which still uses it.
        _parents.append(_loop)
        _loop = None


def _stop() -> None:
    global _loop
    with _lock:
        ending, _loop = _loop, None
    if ending is None or _thread is None:
        return
    asyncio.run_coroutine_threadsafe(_stop_after_the_rest(ending), ending)
    _thread.join(2.0)
    if not ending.is_running():
        ending.close()


async def _stop_after_the_rest(ending: asyncio.AbstractEventLoop) -> None:
    """Let what is under way hang up, for a moment, then stop."""
    if rest := asyncio.all_tasks() - {asyncio.current_task()}:
        _, slow = await asyncio.wait(rest, timeout=0.5)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
    ending.stop()


os.register_at_fork(after_in_child=_forget_after_fork)
atexit.register(_stop)
