"""Processes that a benchmark starts: pinned to a core, measured, and always stopped by their id."""
import atexit
import os
import pathlib
import signal
import socket
import subprocess
import time

SERVER_CORE = 0
LOAD_CORE = 1
START_SECONDS = 30
STOP_SECONDS = 10

_running = []


class Failure(Exception):
    """What a person should read instead of a traceback."""


class Process:
    """One child in a session of its own, so that Ctrl-C reaches it through stop() only."""

    def __init__(self, command, core, log=None, **options):
        output = open(log, "wb") if log else None
        self.command = [str(word) for word in command]
        self.popen = subprocess.Popen(["taskset", "-c", str(core), *self.command],
                                      start_new_session=True, stderr=output or None,
                                      **({"stdout": output} if output else {}) | options)
        if output:
            output.close()
        self.pid = self.popen.pid
        self.log = log
        _running.append(self)

    def is_alive(self):
        return self.popen.poll() is None

    def stop(self, grace=STOP_SECONDS):
        if self in _running:
            _running.remove(self)
        for stream in (self.popen.stdin, self.popen.stdout):
            if stream:
                stream.close()
        if not self.is_alive():
            return
        self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(grace)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def wait_for_port(self, port):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.is_alive():
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        told = pathlib.Path(self.log).read_text(errors="replace") if self.log else ""
        raise Failure(f"{self.command[0]} does not listen on port {port}\n{told}")


def stop_all():
    while _running:
        _running[-1].stop(grace=3)


atexit.register(stop_all)


def stop_on_signals():
    """SIGTERM ends as Ctrl-C does: by an exception that passes every `finally`."""
    def leave(number, frame):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, leave)


def cpu_ns(pid):
    """Nanoseconds that all threads of the process have run; exact, unlike utime and stime."""
    try:
        return sum(int(pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
                   for task in os.listdir(f"/proc/{pid}/task"))
    except FileNotFoundError as error:
        raise Failure(f"server process {pid} ended; build/bench/*/log says why") from error


def read_memory_map(pid, name):
    """A worker cannot be traced, so its maps are root's to read."""
    try:
        return pathlib.Path(f"/proc/{pid}/{name}").read_text().splitlines()
    except PermissionError as error:
        raise Failure(f"{error.filename} is root's to read; run this suite as root") from error


def pss_kb(pid):
    for line in read_memory_map(pid, "smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise Failure(f"process {pid} has no Pss")


def children(pid):
    return [int(word) for word in
            pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def title(pid):
    return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()


def mapped_bytes(pid, name):
    """Size of the mapping whose file has that name."""
    for line in read_memory_map(pid, "maps"):
        if name in line:
            begin, end = (int(word, 16) for word in line.split()[0].split("-"))
            return end - begin
    raise Failure(f"process {pid} maps no {name}")
