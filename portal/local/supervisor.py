"""Starts processes in the order of their dependencies, watches them, starts them again, and stops all of them."""

import secrets
import subprocess
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Never

from portal.local import family
from portal.local.log import Log
from portal.local.process import Process, StartFailed, kill_group, spawn, tail
from portal.local.watchdog import Watchdog

TICK_SECONDS = 0.03
STEADY_SECONDS = 60
SETTLING_SECONDS = 20
LONGEST_PAUSE_SECONDS = 30
KILL_AFTER_SECONDS = 8
KILL_SERVERS_AFTER_SECONDS = 9.3


@dataclass
class _Child:
    process: Process
    popen: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    start_after: float = 0
    failures: int = 0
    was_ready: bool = False
    ready: bool = False
    problem: str = ""
    asked_to_stop: bool = False
    pump: threading.Thread | None = field(default=None, repr=False)

    @property
    def alive(self) -> bool:
        return self.popen is not None and self.popen.poll() is None


class Supervisor:
    """Runs a set of processes until `stop`.

    A process that ends before it was first ready (in its first 20 s, if it cannot be asked) is a mistake that a restart
    would only repeat: `wait` and `check` raise `StartFailed`. One that ends later is started again, after 0.5 s, then
    1, 2, 4 … at most 30 s.
    """

    def __init__(self, log: Log) -> None:
        self._mark = secrets.token_hex(8)
        self._log = log
        self._children: dict[str, _Child] = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._watchdog = Watchdog(self._mark)
        # All processes are started by this one thread, because they end with the thread that started them.
        self._thread = threading.Thread(target=self._tend, name="supervisor", daemon=True)
        self._thread.start()

    def launch(self, *processes: Process) -> None:
        """Take processes in; each starts as soon as what it depends on is ready. Returns at once."""
        with self._changed:
            for process in processes:
                environment = {**process.environment, **self.mark_variables()}
                self._children[process.name] = _Child(replace(process, environment=environment))

    def mark_variables(self) -> dict[str, str]:
        """What marks a process as ours in its environment: `stop` and `kill` also find those started elsewhere."""
        return {family.MARK: self._mark}

    def wait(self, *names: str, timeout: float = 120) -> None:
        """Return when the named processes are ready; raises `StartFailed` when one of all processes cannot start."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                self.check()
                if all(self._children[name].ready for name in names):
                    return
                if time.monotonic() > deadline:
                    late = ", ".join(name for name in names if not self._children[name].ready)
                    raise StartFailed(f"Not ready after {timeout:.0f} s: {late}.")
                self._changed.wait(0.5)

    def check(self) -> None:
        """Raise `StartFailed` if a process could not start, or nobody watches them any more."""
        if not self._thread.is_alive():
            raise StartFailed("The thread that watches the processes ended; see the error above.")
        for child in list(self._children.values()):
            if child.problem:
                raise StartFailed(child.problem)

    def watch(self) -> Never:
        """Wait until a process cannot start (raises `StartFailed`) or a signal interrupts."""
        with self._changed:
            while True:
                self.check()
                self._changed.wait(0.5)

    def pids(self) -> dict[str, int]:
        """The process ids of what runs now, by name."""
        with self._changed:
            return {name: child.popen.pid for name, child in self._children.items() if child.popen and child.alive}

    def stop(self) -> None:
        """Stop everything, dependants first; what has not ended after 8 s (a server: 9.3 s) is ended by force."""
        self._stopping.set()
        with self._changed:  # the thread is not in the middle of a start
            children = list(self._children.values())
        began = time.monotonic()
        while any(child.alive for child in children):
            for child in children:
                self._stop_one(child, children, time.monotonic() - began)
            time.sleep(TICK_SECONDS)
        self._finish(children)

    def kill(self) -> None:
        """End everything at once."""
        self._stopping.set()
        children = list(self._children.values())
        for child in children:
            if child.popen is not None:
                kill_group(child.popen)
        self._finish(children)

    def _finish(self, children: Iterable[_Child]) -> None:
        family.kill(self._mark)
        for child in children:
            if child.pump is not None:
                child.pump.join(1)
        self._watchdog.dismiss()
        self._ended.set()
        self._thread.join(5)

    def _stop_one(self, child: _Child, children: Iterable[_Child], seconds: float) -> None:
        if child.popen is None or not child.alive:
            return
        name = child.process.name
        limit = KILL_AFTER_SECONDS if child.process.depends else KILL_SERVERS_AFTER_SECONDS
        if seconds > limit:
            self._log.say(f"{name} did not stop within {limit:.0f} s and is ended by force")
            kill_group(child.popen)
        elif not child.asked_to_stop and not any(name in other.process.depends and other.alive for other in children):
            child.asked_to_stop = True
            child.popen.send_signal(child.process.stop_signal)

    def _tend(self) -> None:
        while not self._ended.wait(TICK_SECONDS):
            if self._stopping.is_set():
                continue
            for child in list(self._children.values()):
                with self._changed:
                    if self._stopping.is_set():
                        break
                    self._tend_one(child)

    def _tend_one(self, child: _Child) -> None:
        if child.popen is None:
            if not child.ready and not child.problem and self._may_start(child):
                self._start(child)
        elif (status := child.popen.poll()) is not None:
            self._handle_end(child, status)
        elif not child.ready and not child.process.once and (child.process.ready is None or child.process.ready()):
            child.ready = child.was_ready = True
            self._changed.notify_all()

    def _may_start(self, child: _Child) -> bool:
        due = time.monotonic() >= child.start_after
        return due and all(self._children[name].ready for name in child.process.depends)

    def _start(self, child: _Child) -> None:
        try:
            popen = spawn(child.process, output=subprocess.PIPE)
        except OSError as error:
            child.problem = f"{child.process.name} cannot be started: {error}"
            self._changed.notify_all()
            return
        self._watchdog.watch(popen.pid)
        child.popen, child.started_at = popen, time.monotonic()
        child.pump = threading.Thread(target=self._pump, args=(child.process, popen), daemon=True)
        child.pump.start()

    def _pump(self, process: Process, popen: subprocess.Popen[bytes]) -> None:
        assert popen.stdout is not None  # noqa: S101 - for the type checker; spawned with a pipe
        with popen.stdout as lines:
            for line in lines:
                self._log.write(process.name, line.decode("utf-8", "replace"), only_problems=process.only_problems)

    def _handle_end(self, child: _Child, status: int) -> None:
        assert child.popen is not None  # noqa: S101 - for the type checker
        name, lived = child.process.name, time.monotonic() - child.started_at
        kill_group(child.popen)
        child.popen = None
        child.ready = child.process.once and status == 0
        if not child.ready:
            settling = child.process.ready is None and child.failures == 0 and lived < SETTLING_SECONDS
            if child.process.once or not child.was_ready or settling:
                if child.pump is not None:
                    child.pump.join(1)
                child.problem = f"{name} ended with {_meaning(status)}:\n{tail(self._log.path(name))}"
            else:
                child.failures = 0 if lived > STEADY_SECONDS else child.failures + 1
                pause = min(0.5 * 2 ** max(child.failures - 1, 0), LONGEST_PAUSE_SECONDS)
                child.start_after = time.monotonic() + pause
                self._log.say(
                    f"{name} ended with {_meaning(status)} after {lived:.0f} s; it starts again in {pause:g} s"
                )
        self._changed.notify_all()


def _meaning(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
