"""The loop on its thread, and a job as the thread that waits for it sees it."""

import asyncio
import gc
import logging
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import pytest
from conftest import posix_only, until

from alphaneural_nb.errors import Interrupted
from alphaneural_nb.service.job import Job
from alphaneural_nb.service.loop import BackgroundLoop, background_loop


@pytest.fixture
def loop():
    loop = BackgroundLoop()
    yield loop
    loop.close()


async def forever(progress=None):
    await asyncio.Event().wait()


async def soon(value):
    await asyncio.sleep(0.01)
    return value


async def fails():
    raise LookupError("no such thing")


def test_what_is_submitted_runs_on_the_loops_own_daemon_thread(loop):
    async def where():
        return threading.current_thread()

    thread = loop.submit(where()).result(5)
    assert thread.daemon
    assert thread is not threading.current_thread()


def test_it_knows_its_own_thread(loop):
    async def mine():
        return loop.is_mine()

    assert loop.submit(mine()).result(5)
    assert not loop.is_mine()


def test_closing_cancels_what_runs_and_ends_the_thread():
    loop, ended = BackgroundLoop(), []

    async def work():
        try:
            await forever()
        finally:
            ended.append(True)

    future = loop.submit(work())
    loop.submit(soon(0)).result(5)
    loop.close()
    assert ended == [True]
    assert future.cancelled()
    assert not loop._thread.is_alive()


def test_closing_twice_is_closing_once(loop):
    loop.close()
    loop.close()


def test_closing_does_not_wait_for_what_will_not_end(caplog):
    loop, release = BackgroundLoop(), threading.Event()

    async def deaf():
        release.wait(5)

    loop.submit(deaf())
    started = time.monotonic()
    loop.close()
    assert time.monotonic() - started < 2
    release.set()
    loop._thread.join(5)
    assert not loop._thread.is_alive()


def test_there_is_one_loop_for_many_threads():
    found = []
    threads = [threading.Thread(target=lambda: found.append(background_loop())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def job(work):
    return Job(lambda _progress: work)


def test_a_result_comes_through_wait_and_join():
    assert job(soon(1)).wait() == 1
    assert asyncio.run(job(soon(2)).join()) == 2


def test_an_error_comes_through_as_itself():
    with pytest.raises(LookupError, match="no such thing"):
        job(fails()).wait()
    with pytest.raises(LookupError, match="no such thing"):
        asyncio.run(job(fails()).join())


def test_a_timeout_of_the_work_is_not_taken_for_one_of_the_wait():
    async def late():
        async with asyncio.timeout(0):
            await forever()

    with pytest.raises(TimeoutError):
        job(late()).wait()


def test_results_that_come_just_at_a_tick_are_not_lost():
    """The end of a wait and the end of the work may fall together."""
    jobs = [job(asyncio.sleep(0.1 + k / 20_000, k)) for k in range(-100, 100)]
    found = [None] * len(jobs)

    def wait(k):
        found[k] = jobs[k].wait()

    threads = [threading.Thread(target=wait, args=(k,)) for k in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == list(range(-100, 100))


def test_ticks_come_on_the_waiting_thread_with_the_progress():
    seen = []

    async def work(progress):
        progress.doing = "working"
        await asyncio.to_thread(until, lambda: seen)

    Job(work).wait(lambda progress: seen.append((threading.current_thread(), progress.doing)))
    assert seen[0] == (threading.current_thread(), "working")


def test_a_tick_that_fails_stops_the_job():
    running = Job(forever)
    with pytest.raises(ZeroDivisionError):
        running.wait(lambda _progress: 1 // 0)
    assert running.progress.ended.wait(5)


def test_a_job_that_another_cancels_interrupts_the_wait():
    running = Job(forever)
    threading.Timer(0.1, running.cancel).start()
    with pytest.raises(Interrupted, match="nothing was sent"):
        running.wait()
    assert running.progress.ended.is_set()


def test_cancelling_before_the_start_twice_and_after_the_end_is_harmless(caplog):
    never = Job(forever)
    never.cancel()
    never.cancel()
    with pytest.raises(Interrupted):
        never.wait()
    done = job(soon(3))
    assert done.wait() == 3
    done.cancel()
    assert done.wait() == 3
    assert caplog.records == []


def test_a_cancel_and_a_result_at_once_give_one_of_the_two(caplog):
    caplog.set_level(logging.DEBUG)
    for k in range(200):
        running = job(asyncio.sleep(0.0001 * (k % 20), "result"))
        canceller = threading.Timer(0.0001 * (k % 17), running.cancel)
        canceller.start()
        try:
            assert running.wait() == "result"
        except Interrupted:
            assert running.future.cancelled()
        canceller.join()
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []


def test_waiting_on_the_loops_own_thread_is_refused_and_leaves_nothing_running():
    running = []

    async def waits():
        running.append(Job(forever))
        running[0].wait()

    with pytest.raises(RuntimeError, match="await it"):
        background_loop().submit(waits()).result(5)
    assert running[0].future.cancelled()


def test_a_job_may_be_awaited_on_the_loops_own_thread():
    async def awaits():
        return await job(soon(4)).join()

    assert background_loop().submit(awaits()).result(5) == 4


def test_cancelling_a_join_cancels_the_job():
    running = Job(forever)

    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(running.join(), 0.05)

    asyncio.run(main())
    assert running.progress.ended.wait(5)
    assert running.future.cancelled()


def test_jobs_that_nobody_waits_for_say_nothing(caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        failed = job(fails())
        until(failed.future.done)
        del failed
        gc.collect()
        background_loop().submit(soon(0)).result(5)
    assert caplog.records == []


INTERRUPTED = """
import asyncio, os, sys, time
from alphaneural_nb.service.job import Job
from alphaneural_nb.errors import Interrupted

async def work(progress):
    try:
        progress.sent, progress.request_id = True, "the-id"
        print("running", flush=True)
        await asyncio.Event().wait()
    finally:
        print("closed", flush=True)

try:
    Job(work).wait()
except Interrupted as error:
    print(error, flush=True)
"""


@posix_only
def test_an_interrupt_waits_for_the_last_words():
    process = subprocess.Popen(
        [sys.executable, "-W", "default", "-c", textwrap.dedent(INTERRUPTED)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "running\n"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert output.splitlines()[0] == "closed"
    assert "may have been charged (id the-id)" in output
    assert errors == ""
