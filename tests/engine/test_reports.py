"""What a virtual loop tells: errors that nobody received, debug remarks, and what it lacks."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from fulfillment_lib.engine.loop import VirtualLoop
from fulfillment_lib.engine.virtual import run_virtual


def now() -> float:
    return asyncio.get_running_loop().time()


def in_debug_mode(main: Any) -> Any:
    with asyncio.Runner(loop_factory=VirtualLoop, debug=True) as runner:
        return runner.run(main)


async def _nothing() -> None:
    pass


# Errors that nobody received


def _fail() -> None:
    raise ValueError("broken callback")


def _with_handler(handler: Callable[..., Any] | None) -> float:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(handler)
        assert loop.get_exception_handler() is handler
        loop.call_later(1.0, _fail)
        await asyncio.sleep(2.0)
        return now()

    return run_virtual(main())


def test_an_error_in_a_callback_goes_to_the_exception_handler_and_the_run_goes_on() -> None:
    seen: list[dict[str, Any]] = []
    assert _with_handler(lambda loop, context: seen.append(context)) == 2.0
    assert [str(each["exception"]) for each in seen] == ["broken callback"]
    assert seen[0]["message"].startswith("a callback failed: <function _fail")


def test_without_a_handler_the_error_is_logged_where_asyncio_logs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, logger="asyncio"):
        assert _with_handler(None) == 2.0
    assert "a callback failed" in caplog.text and "broken callback" in caplog.text


def test_an_exception_handler_that_fails_is_logged_and_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert _with_handler(lambda loop, context: 1 / 0) == 2.0
    assert "broken callback" in caplog.text and "division by zero" in caplog.text


@pytest.mark.parametrize("handler", ["spam", 3, ()])
def test_what_cannot_be_called_is_no_exception_handler(handler: Any) -> None:
    loop = VirtualLoop()
    with pytest.raises(TypeError, match="handler must be a callable object or None, got "):
        loop.set_exception_handler(handler)
    loop.set_exception_handler(None)
    loop.close()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_exit_in_an_exception_handler_goes_up(kind: type[BaseException]) -> None:
    def leave(loop: object, context: object) -> None:
        raise kind("from the handler")

    with pytest.raises(kind, match="from the handler"):
        _with_handler(leave)


def test_the_log_of_a_lost_error_names_its_task(caplog: pytest.LogCaptureFixture) -> None:
    async def lost() -> None:
        raise ValueError("nobody asked")

    async def main() -> None:
        asyncio.get_running_loop().create_task(lost(), name="the lost one")
        await asyncio.sleep(1.0)
        gc.collect()

    run_virtual(main())
    assert "name='the lost one'" in caplog.text and "ValueError: nobody asked" in caplog.text


def test_the_log_of_a_failed_callback_names_its_handle(caplog: pytest.LogCaptureFixture) -> None:
    _with_handler(None)
    assert "handle: <TimerHandle <function _fail" in caplog.text


def test_in_debug_mode_the_log_says_where_task_and_callback_come_from(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(_fail)
        lost = loop.create_future()
        lost.set_exception(ValueError("lost future"))
        await asyncio.sleep(1.0)
        loop.call_soon(loop.call_exception_handler, {"message": "told by a callback"})
        await asyncio.sleep(1.0)

    in_debug_mode(main())
    gc.collect()
    assert caplog.text.count("source_traceback: created at (most recent call last):") == 2
    assert "handle_traceback: created at (most recent call last):" in caplog.text
    assert caplog.text.count("in main\n    loop.call_soon(_fail)") == 1
    assert "in main\n    lost = loop.create_future()" in caplog.text


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks tell their context since 3.12")
def test_an_exception_handler_sees_the_context_of_the_task_that_failed() -> None:
    word = contextvars.ContextVar("word", default="none")
    seen: list[str] = []

    async def lost() -> None:
        word.set("the task's")
        raise ValueError

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: seen.append(word.get()))
        await asyncio.wait([loop.create_task(lost())])
        gc.collect()

    run_virtual(main())
    assert seen == ["the task's"]


# Debug mode


def test_the_debug_mode_can_be_switched() -> None:
    loop = VirtualLoop()
    loop.set_debug(True)
    assert loop.get_debug()
    loop.set_debug(False)
    assert not loop.get_debug()
    loop.close()


def test_in_debug_mode_a_task_tells_who_made_it_and_not_the_loop() -> None:
    async def main() -> str:
        task = asyncio.get_running_loop().create_task(_nothing())
        await task
        return repr(task)

    assert "test_reports.py" in in_debug_mode(main()).rpartition("created at ")[2]


def test_debug_mode_says_where_a_forgotten_coroutine_was_made() -> None:
    async def main() -> tuple[Any, Any]:
        coroutines = _nothing(), _nothing()
        asyncio.get_running_loop().set_debug(False)
        await asyncio.sleep(0)
        unknown = _nothing()
        for coroutine in (*coroutines, unknown):
            coroutine.close()
        return coroutines[0].cr_origin, unknown.cr_origin

    depth = sys.get_coroutine_origin_tracking_depth()
    known, unknown = in_debug_mode(main())
    assert known[0][2] == "main"
    assert unknown is None
    assert sys.get_coroutine_origin_tracking_depth() == depth


@pytest.mark.parametrize("method", ["call_soon", "call_later", "call_at"])
def test_debug_mode_finds_a_call_from_another_thread(method: str) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        times = () if method == "call_soon" else (1.0,)
        await asyncio.to_thread(getattr(loop, method), *times, print)

    with pytest.raises(RuntimeError, match="in another thread; use call_soon_threadsafe"):
        in_debug_mode(main())


@pytest.mark.parametrize("callback", [5, None, _nothing])
@pytest.mark.parametrize("method", ["call_soon", "call_soon_threadsafe", "call_at"])
def test_debug_mode_refuses_callbacks_that_cannot_be_called(method: str, callback: Any) -> None:
    loop = VirtualLoop()
    loop.set_debug(True)
    times = (1.0,) if method == "call_at" else ()
    with pytest.raises(TypeError, match=f"{method} must be given a callable object, and no corou"):
        getattr(loop, method)(*times, callback)
    loop.close()


def test_debug_mode_tells_of_callbacks_that_take_long_on_the_wall_clock(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_s = iter(range(1_000))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock_s)))

    async def main() -> None:
        asyncio.get_running_loop().slow_callback_duration = 1.0
        asyncio.get_running_loop().call_soon(int)
        await asyncio.sleep(0)

    in_debug_mode(main())
    assert "executing <OrderedTask pending name='Task-1'" in caplog.text
    assert "executing <Handle <class 'int'>> took 1.000 seconds" in caplog.text


# What a loop lacks


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("create_connection", lambda: asyncio.open_connection("127.0.0.1", 1)),
        ("create_server", lambda: asyncio.start_server(print, "127.0.0.1", 1)),
        ("subprocess_exec", lambda: asyncio.create_subprocess_exec("true")),
        ("getaddrinfo", lambda: asyncio.get_running_loop().getaddrinfo("localhost", 1)),
        ("add_signal_handler", lambda: asyncio.get_running_loop().add_signal_handler(2, print)),
        ("sock_recv", lambda: asyncio.get_running_loop().sock_recv(None, 1)),
    ],
)
def test_what_a_virtual_loop_does_not_have_it_names_with_the_remedy(
    name: str, call: Callable[[], Any]
) -> None:
    async def main() -> None:
        await call()

    message = f"VirtualLoop has no {name}: in virtual time there is no network.*use asyncio.run"
    with pytest.raises(NotImplementedError, match=message):
        run_virtual(main())


def test_a_virtual_loop_has_each_public_method_of_a_loop() -> None:
    bare = {
        name
        for name, method in vars(asyncio.AbstractEventLoop).items()
        if not name.startswith("_") and getattr(VirtualLoop, name) is method
    }
    assert bare == set()
