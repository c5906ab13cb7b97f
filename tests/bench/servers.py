"""The servers that are compared, and the upstreams behind them."""
import http.client
import json
import pathlib
import shutil
import time
import urllib.parse
import urllib.request

import make_config
from make_config import PORTS
from processes import LOAD_CORE, SERVER_CORE, Failure, Process, children, title

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "build" / "bench"
PROGRAMS = ROOT / "build" / "release" / "tests" / "bench"
WEIR = ROOT / "build" / "release" / "weir"
KEY = make_config.key_text(0)
PART_KEY = make_config.key_text(1)
RUN_KEY = make_config.key_text(2)

ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000,
    "model": "upstream-model",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "word " * 110,
                                         "refusal": None},
                 "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 200, "completion_tokens": 110, "total_tokens": 310},
    "system_fingerprint": "fp_1",
}


def fill(template, to, **words):
    text = (HERE / template).read_text()
    for word, value in words.items():
        text = text.replace(f"@{word}@", str(value))
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text)
    return to


def start_nginx(template, name, core, port, **words):
    prefix = WORK / name
    prefix.mkdir(parents=True, exist_ok=True)
    conf = fill(template, prefix / "nginx.conf", PREFIX=prefix, PORT=port, **words)
    process = Process(["nginx", "-p", prefix, "-c", conf], core, log=prefix / "log")
    process.wait_for_port(port)
    return process


def start_json_upstream():
    return start_nginx("upstream.conf", "json", LOAD_CORE, PORTS["json"],
                       BODY=json.dumps(ANSWER, separators=(",", ":")))


def start_stream_upstream(chunks, interval_ms):
    process = Process([PROGRAMS / "sse_upstream", "--port", PORTS["streams"], "--chunks", chunks,
                       "--interval-ms", interval_ms], LOAD_CORE)
    process.wait_for_port(PORTS["streams"])
    return process


def get_listing(port, key=KEY, path="/v1/models", headers=()):
    """Headers and body."""
    credential = {} if key is None else {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}",
                                     headers=credential | dict(headers))
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers, answer.read()


def sign_in(port, key=KEY):
    """The cookie that a browser has from then on."""
    origin = f"127.0.0.1:{port}"
    connection = http.client.HTTPConnection(origin, timeout=10)
    connection.request("POST", "/signin", urllib.parse.urlencode({"key": key}),
                       {"Content-Type": "application/x-www-form-urlencoded",
                        "Origin": f"http://{origin}"})
    answer = connection.getresponse()
    cookie = answer.getheader("Set-Cookie", "").split(";")[0]
    connection.close()
    if answer.status != 303 or not cookie:
        raise Failure(f"signing in: {answer.status}")
    return cookie


class Nginx:
    name = "nginx"
    port = PORTS["nginx"]
    call_path = "/v1/chat/completions"
    stream_path = "/stream/chat/completions"

    def __init__(self, listing=b"{}"):
        (WORK / self.name).mkdir(parents=True, exist_ok=True)
        (WORK / self.name / "models.json").write_bytes(listing)
        self.process = start_nginx("nginx.conf", self.name, SERVER_CORE, self.port,
                                   JSON_PORT=PORTS["json"], STREAM_PORT=PORTS["streams"])
        self.pid = self.process.pid

    def stop(self):
        self.process.stop()


class Haproxy:
    name = "haproxy"
    port = PORTS["haproxy"]
    call_path = "/v1/chat/completions"

    def __init__(self):
        conf = fill("haproxy.cfg", WORK / self.name / "haproxy.cfg", PORT=self.port,
                    JSON_PORT=PORTS["json"])
        self.process = Process(["haproxy", "-db", "-q", "-f", conf], SERVER_CORE,
                               log=WORK / self.name / "log")
        self.process.wait_for_port(self.port)
        self.pid = self.process.pid

    @staticmethod
    def is_installed():
        return shutil.which("haproxy") is not None

    def stop(self):
        self.process.stop()


class Weir:
    """One worker. `pid` is the worker's: what the master does is not part of a request."""
    name = "weir"
    port = PORTS["weir"]
    call_path = "/v1/chat/completions"
    stream_path = "/v1/chat/completions"

    def __init__(self, folder=WORK / "weir", write=make_config.write_small, **options):
        if not WEIR.exists():
            raise Failure(f"there is no {WEIR.relative_to(ROOT)}")
        self.folder = folder
        self.write = write
        self.options = options
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "state").mkdir(exist_ok=True)
        self.config = write(folder, **options)
        self.process = Process([WEIR, "serve", "--config", self.config], SERVER_CORE,
                               log=folder / "log")
        self.process.wait_for_port(self.port)
        self.wait_until_ready()
        self.pid = self.worker()

    def stop(self):
        self.process.stop()

    def worker(self):
        found = [pid for pid in children(self.process.pid) if title(pid).startswith("weir: worker")]
        if len(found) != 1:
            raise Failure(f"weir has {len(found)} workers instead of 1")
        return found[0]

    def wait_until_ready(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10):
                    return
            except OSError:
                time.sleep(0.05)
        raise Failure(f"weir does not get ready, see {self.folder / 'log'}")

    def get(self, key=KEY, path="/v1/models", headers=()):
        return get_listing(self.port, key, path, headers)

    def generation(self):
        return int(self.get()[0]["x-weir-generation"].split("-")[0])

    def change(self, revision):
        self.write(self.folder, **self.options, revision=revision)
