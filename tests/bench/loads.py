"""The loads: http_load for lists, wrk for calls and keys, sse_client for streams."""
import json
import subprocess
import threading

from make_config import CALL_MODEL, STREAM_MODEL
from processes import LOAD_CORE, Failure, Process
from servers import HERE, KEY, PROGRAMS, WORK


OPEN_SECONDS = 60


def call_body():
    """A call of 1 KB; the same file for every server."""
    path = WORK / "call.json"
    head = '{"model":"%s","messages":[{"role":"user","content":"' % CALL_MODEL
    tail = '"}]}'
    WORK.mkdir(parents=True, exist_ok=True)
    path.write_text(head + "word " * ((1024 - len(head) - len(tail)) // 5) + tail)
    return path


def wrk_command(port, path, seconds, connections, headers=(), body=None, key=KEY, keys=None):
    """`keys`: draw one of so many for each request, instead of `key`; which None leaves out."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
               *(() if keys or key is None else ("-H", f"Authorization: Bearer {key}"))]
    for header in headers:
        command += ["-H", header]
    command += ["-s", str(HERE / "wrk.lua"), f"http://127.0.0.1:{port}{path}"]
    if keys:
        return command + ["--", "KEYS", str(keys)]
    return command + (["--", "POST", str(body)] if body else [])


class Wrk:
    """wrk in the background; result() waits for it."""

    def __init__(self, *args, **options):
        self.process = Process(wrk_command(*args, **options), LOAD_CORE,
                               stdout=subprocess.PIPE, text=True)

    def result(self):
        output = self.process.popen.communicate()[0]
        self.process.stop()
        for line in output.splitlines():
            if line.startswith("RESULT "):
                return json.loads(line.removeprefix("RESULT "))
        raise Failure(f"wrk said nothing:\n{output}")


class HttpLoad:
    """The same GET over kept connections; result() waits for it. Unlike wrk, which copies answers
    in pieces of 8 KB, it can keep a server busy that sends long ones."""

    def __init__(self, port, path, seconds, connections, headers=(), key=KEY, status=200):
        fields = [*(() if key is None else (f"Authorization: Bearer {key}",)), *headers]
        self.process = Process([PROGRAMS / "http_load", "--port", port, "--path", path,
                                "--ms", int(seconds * 1000), "--connections", connections,
                                "--status", status,
                                *(word for field in fields for word in ("--header", field))],
                               LOAD_CORE, stdout=subprocess.PIPE, text=True)

    def result(self):
        output = self.process.popen.communicate()[0]
        self.process.stop()
        if not output:
            raise Failure("http_load said nothing")
        return json.loads(output)


class Streams:
    """Open streams through a server, as a context manager."""

    def __init__(self, server, count, repeat=False, path=None):
        command = [PROGRAMS / "sse_client", "--port", server.port, "--streams", count, "--path",
                   path or server.stream_path, "--model", STREAM_MODEL, "--key", KEY]
        self.count = count
        self.process = Process(command + (["--repeat"] if repeat else []), LOAD_CORE,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        """All of them open, or Failure."""
        late = threading.Timer(OPEN_SECONDS, self.process.popen.kill)
        late.start()
        opened = self.process.popen.stdout.readline().strip() == "open"
        late.cancel()
        failed = self.report()["failed"] if opened else self.count
        if failed:
            self.process.stop()
            raise Failure(f"{failed} of {self.count} streams did not open")
        return self

    def __exit__(self, *exception):
        self.process.stop()

    def report(self):
        """What was seen since the last report."""
        self.process.popen.stdin.write("\n")
        self.process.popen.stdin.flush()
        return json.loads(self.process.popen.stdout.readline())
