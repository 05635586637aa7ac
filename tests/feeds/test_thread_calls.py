"""Calls that wait, made in threads: results, failures, cancelling, and no more threads than needed."""

from __future__ import annotations

import asyncio
import threading

import pytest

from logos.feeds.thread_calls import ThreadCalls


@pytest.fixture
def threads():
    threads = ThreadCalls("waiting", 3)
    yield threads
    threads.close()


def test_what_a_call_returns_or_raises_comes_back(threads) -> None:
    def fail(_kept):
        raise LookupError("nothing there")

    async def main():
        assert await threads.call(lambda _kept: 7) == 7
        with pytest.raises(LookupError, match="nothing there"):
            await threads.call(fail)
        return await threads.call(lambda _kept: 8)

    assert asyncio.run(main()) == 8


def test_one_thread_is_enough_for_calls_one_after_the_other_and_keeps_what_it_is_given(threads) -> None:
    def count(kept):
        kept["calls"] = kept.get("calls", 0) + 1
        return kept["calls"]

    async def main():
        return [await threads.call(count) for _ in range(5)]

    assert asyncio.run(main()) == [1, 2, 3, 4, 5]


def test_a_cancelled_call_goes_on_alone_and_its_thread_is_used_again(threads) -> None:
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def hang(_kept):
        started.set()
        go_on.wait(20)
        ended.set()
        return threading.get_ident()

    async def main():
        hung = asyncio.ensure_future(threads.call(hang))
        await asyncio.to_thread(started.wait, 20)
        hung.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hung
        other = await threads.call(lambda _kept: threading.get_ident())
        go_on.set()
        await asyncio.to_thread(ended.wait, 20)
        both = await asyncio.gather(*(threads.call(lambda _kept: threading.get_ident()) for _ in range(2)))
        return other, both

    other, both = asyncio.run(main())
    assert other in both


def test_more_calls_than_allowed_are_refused_at_once(threads) -> None:
    go_on = threading.Event()

    async def main():
        hung = [asyncio.ensure_future(threads.call(lambda _kept: go_on.wait(20))) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError, match="3 calls hang"):
            await threads.call(lambda _kept: None)
        go_on.set()
        return await asyncio.gather(*hung)

    assert asyncio.run(main()) == [True] * 3


def test_a_call_that_ends_after_its_loop_is_dropped_without_a_word(threads) -> None:
    go_on, done = threading.Event(), threading.Event()

    def hang(_kept):
        go_on.wait(20)
        done.set()

    async def main():
        hung = asyncio.ensure_future(threads.call(hang))
        await asyncio.sleep(0)
        hung.cancel()

    asyncio.run(main())
    go_on.set()
    assert done.wait(20)


def test_idle_threads_end_when_closed(threads) -> None:
    names = []

    async def main():
        await threads.call(lambda _kept: names.append(threading.current_thread()))

    asyncio.run(main())
    threads.close()
    names[0].join(20)
    assert not names[0].is_alive()
