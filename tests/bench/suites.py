"""What is measured. Each suite returns rows for the table."""
import contextlib
import json
import os
import statistics
import subprocess
import threading
import time

import make_config
from make_config import STREAM_MODEL
from loads import HttpLoad, Streams, Wrk, call_body
from processes import LOAD_CORE, Failure, cpu_ns, mapped_bytes, pss_kb
from servers import (KEY, PART_KEY, PROGRAMS, RUN_KEY, WEIR, WORK, Haproxy, Nginx, Weir,
                     get_listing, sign_in, start_json_upstream, start_stream_upstream)

STEADY = 0.10  # nginx may vary so much between its rounds
FOREVER = 10**12


class Row:
    """One line of the table: a figure, and the pass mark that it has, if any."""

    def __init__(self, suite, what, value, unit, **more):
        self.suite, self.what, self.value, self.unit = suite, what, value, unit
        self.bar = more.pop("bar", None)
        self.at_least = more.pop("at_least", False)
        self.more = more

    @property
    def passes(self):
        if self.bar is None:
            return None
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    def as_dict(self):
        return {"suite": self.suite, "what": self.what, "value": self.value, "unit": self.unit,
                "bar": self.bar, "passes": self.passes} | self.more


def spread(values):
    return (max(values) - min(values)) / statistics.median(values)


def interleave(contestants, rounds, run):
    """run(contestant) in turns; again, once, when nginx was not steady."""
    for attempt in range(2):
        results = {contestant: [] for contestant in contestants}
        for number in range(rounds):
            turn = number % len(contestants)
            for contestant in contestants[turn:] + contestants[:turn]:
                results[contestant].append(run(contestant))
        yardstick = [result["us"] for contestant in contestants if contestant.name == "nginx"
                     for result in results[contestant]]
        steady = spread(yardstick) < STEADY
        if steady:
            break
    return results, steady


def medians(results):
    return {name: statistics.median(result[name] for result in results) for name in results[0]}


def cost(pid, run):
    """Microseconds of CPU of a process for each of the things that run() counts, and the share of
    its core that it used."""
    before, begun = cpu_ns(pid), time.monotonic_ns()
    result, count = run()
    used, passed = cpu_ns(pid) - before, time.monotonic_ns() - begun
    return {"us": used / 1000 / max(count, 1), "busy": used / passed} | result


def requests(server, path, seconds, connections=64, load=Wrk, **options):
    def run():
        result = load(server.port, path, seconds, connections, **options).result()
        errors = result["socket_errors"] + result["status_errors"]
        if errors or not result["requests"]:
            raise Failure(f"{server.name}: {errors} of {result['requests']} requests to {path} failed")
        return {"per_second": result["requests"] / result["duration_us"] * 1e6,
                "p50_us": result["p50_us"], "p99_us": result["p99_us"]}, result["requests"]
    return cost(server.pid, run)


def lists(server, path, seconds, **options):
    return requests(server, path, seconds, load=HttpLoad, **options)


def rows_against_nginx(suite, unit, results, steady, bar):
    figures = {contestant.name: medians(rounds) for contestant, rounds in results.items()}
    for name, figure in figures.items():
        own_spread = next(spread([r["us"] for r in rounds])
                          for contestant, rounds in results.items() if contestant.name == name)
        yield Row(suite, name, figure["us"], f"CPU us per {unit}", figures=figure,
                  ratio=figure["us"] / figures["nginx"]["us"], spread=own_spread)
    yield Row(suite, "weir / nginx", figures["weir"]["us"] / figures["nginx"]["us"], "ratio",
              bar=bar, steady=steady)


@contextlib.contextmanager
def started(*factories):
    """Start servers in order, stop them in reverse."""
    with contextlib.ExitStack() as stack:
        servers = []
        for factory in factories:
            servers.append(factory())
            stack.callback(servers[-1].stop)
        yield servers


def listing(options):
    """Of the models that a key may call: half of them, in runs of one and in one run, and all."""
    for suite, key in (("list", PART_KEY), ("list run", RUN_KEY), ("list all", KEY)):
        with started(Weir) as [weir]:
            body = weir.get(key)[1]
            with started(lambda: Nginx(body)) as [nginx]:
                results, steady = interleave(
                    [weir, nginx], options.rounds,
                    lambda server: lists(server, "/v1/models", options.seconds, key=key))
        yield Row(suite, "listing", len(body), f"bytes, {len(json.loads(body)['data'])} models")
        yield from rows_against_nginx(suite, "request", results, steady, 0.75)


# Where each dialect lists all 40 models, and what a client of it sends beside its key.
DIALECTS = {
    "openai": ("/v1/models", {}),
    "codex": ("/backend-api/codex/models", {}),
    "credit": ("/models", {}),
    "filterable": ("/api/models", {}),
    "filterable, filtered": ("/api/models?capability=chat", {}),
    "openrouter": ("/api/v1/models", {}),
    "anthropic 2023": ("/v1/models?limit=1000", {"anthropic-version": "2023-06-01"}),
    "anthropic 2026": ("/v1/models?limit=1000", {"anthropic-version": "2026-10-21"}),
    "gemini": ("/v1beta/models", {}),
}


def dialects(options):
    """Of all models, in each dialect, beside the same bytes from a file."""
    with started(Weir) as [weir]:
        for name, (path, headers) in DIALECTS.items():
            body = weir.get(KEY, path, headers)[1]
            lines = [f"{field}: {value}" for field, value in headers.items()]
            with started(lambda: Nginx(body)) as [nginx]:
                def run(server):
                    return lists(server, path if server is weir else "/v1/models",
                                 options.seconds, headers=lines)
                results, steady = interleave([weir, nginx], options.rounds, run)
            yield Row(name, "listing", len(body), "bytes")
            yield from rows_against_nginx(name, "request", results, steady, 0.80)


# The page of models, as links lead to it.
PAGES = {
    "page": "/models",
    "page, sorted": "/models?sort=name&order=desc",
    "page, searched": "/models?q=model",
}


def pages(options):
    """The page of 50 models for who is signed in, beside the same bytes from a file."""
    with started(lambda: Weir(models=50)) as [weir]:
        cookie = f"Cookie: {sign_in(weir.port)}"
        for name, path in PAGES.items():
            headers = dict([cookie.split(": ", 1), ("Accept", "text/html")])
            body = weir.get(None, path, headers)[1]
            lines = [f"{field}: {value}" for field, value in headers.items()]
            with started(lambda: Nginx(body)) as [nginx]:
                def run(server):
                    return lists(server, path if server is weir else "/v1/models",
                                 options.seconds, headers=lines, key=None)
                results, steady = interleave([weir, nginx], options.rounds, run)
            yield Row(name, "page", len(body), f"bytes, {body.count(b'</tr>') - 1} models")
            yield from rows_against_nginx(name, "request", results, steady, 1.20)


def not_modified(options):
    with started(Weir) as [weir], started(lambda: Nginx(weir.get(PART_KEY)[1])) as [nginx]:
        tags = {server: get_listing(server.port, PART_KEY)[0]["ETag"] for server in (weir, nginx)}

        def run(server):
            return lists(server, "/v1/models", options.seconds, key=PART_KEY, status=304,
                         headers=[f"If-None-Match: {tags[server]}"])
        results, steady = interleave([weir, nginx], options.rounds, run)
    yield from rows_against_nginx("304", "request", results, steady, 0.95)


def proxy(options):
    body = call_body()
    others = [Haproxy] if Haproxy.is_installed() else []
    with started(start_json_upstream, Weir, Nginx, *others) as [_, *servers]:
        results, steady = interleave(
            servers, options.rounds,
            lambda server: requests(server, server.call_path, options.seconds, body=body))
    yield from rows_against_nginx("proxy", "request", results, steady, 1.35)
    yield from proxy_beside_streams(options, body)


def proxy_beside_streams(options, body):
    """The same calls while many streams are open, with a chunk every ten seconds each."""
    plain, beside = [], []
    factories = (start_json_upstream, lambda: start_stream_upstream(FOREVER, 10000), Weir)
    with started(*factories) as [_, _, weir]:
        for _ in range(options.rounds):
            plain.append(requests(weir, weir.call_path, options.seconds, body=body))
            with Streams(weir, options.streams):
                beside.append(requests(weir, weir.call_path, options.seconds, body=body))
    alone, crowded = medians(plain), medians(beside)
    yield Row("proxy", f"weir, {options.streams} streams open", crowded["us"], "CPU us per request",
              figures=crowded, spread=spread([result["us"] for result in beside]))
    yield Row("proxy", "with / without streams", crowded["us"] / alone["us"], "ratio", bar=1.5)


def chunks(server, seconds, path=None):
    """1,000 streams with 50 chunks a second each."""
    with Streams(server, 1000, path=path) as streams:
        time.sleep(1)

        def window():
            streams.report()
            time.sleep(seconds)
            seen = streams.report()
            if seen["failed"] or seen["completed"]:
                raise Failure(f"{server.name}: streams ended in the middle")
            return {"per_second": seen["chunks"] / seen["ns"] * 1e9,
                    "p50_us": seen["p50_us"], "p99_us": seen["p99_us"]}, seen["chunks"]
        return cost(server.pid, window)


def stream(options):
    with started(lambda: start_stream_upstream(FOREVER, 20), Weir, Nginx) as [_, *servers]:
        results, steady = interleave(servers, options.rounds,
                                     lambda server: chunks(server, options.seconds))
    yield from rows_against_nginx("stream", "chunk", results, steady, 1.15)
    yield from translated(options)


def translated(options):
    """The same streams of an OpenAI provider, for clients of Anthropic's and of Gemini's protocol."""
    paths = {"passed through": None, "to Anthropic's client": "/v1/messages",
             "to Gemini's client": f"/v1beta/models/{STREAM_MODEL}:streamGenerateContent?alt=sse"}
    costs = {name: [] for name in paths}
    with started(lambda: start_stream_upstream(FOREVER, 20), Weir) as [_, weir]:
        for _ in range(options.rounds):
            for name, path in paths.items():
                costs[name].append(chunks(weir, options.seconds, path)["us"])
    figures = {name: statistics.median(found) for name, found in costs.items()}
    for name, figure in figures.items():
        yield Row("stream", name, figure, "CPU us per chunk", spread=spread(costs[name]))
        if paths[name]:
            yield Row("stream", f"{name} / passed through",
                      figure / figures["passed through"], "ratio", bar=2)


def memory(options):
    """What a stream takes of the server's memory, both connections and the call."""
    per_stream = {}
    for factory in (Weir, Nginx):
        with started(lambda: start_stream_upstream(FOREVER, 1000), factory) as [_, server]:
            before = pss_kb(server.pid)
            with Streams(server, options.streams):
                time.sleep(3)
                per_stream[server.name] = (pss_kb(server.pid) - before) / options.streams
    yield Row("memory", "nginx", per_stream["nginx"], f"PSS KB per stream, {options.streams} open")
    yield Row("memory", "weir", per_stream["weir"], f"PSS KB per stream, {options.streams} open",
              bar=20)


class Listings(threading.Thread):
    """Listing load for as long as something else goes on: batches of wrk, summed up."""

    def __init__(self, server, seconds=3):
        super().__init__(daemon=True)
        self.server, self.seconds = server, seconds
        self.enough = threading.Event()
        self.batches = []

    def batch(self):
        return Wrk(self.server.port, "/v1/models", self.seconds, 32).result()

    def run(self):
        while not self.enough.is_set():
            self.batches.append(self.batch())

    def finish(self):
        self.enough.set()
        self.join()
        return {"requests": sum(batch["requests"] for batch in self.batches),
                "failed": sum(batch["socket_errors"] + batch["status_errors"]
                              for batch in self.batches),
                "mean_us": statistics.median(batch["mean_us"] for batch in self.batches),
                "p99_us": statistics.median(batch["p99_us"] for batch in self.batches)}


def reload_once(weir, revision):
    weir.change(revision)
    begun = time.monotonic()
    done = subprocess.run(["taskset", "-c", str(LOAD_CORE), WEIR, "reload", "--socket",
                           weir.folder / "control.sock"], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"reload {revision} failed: {done.stderr or done.stdout}")
    return time.monotonic() - begun


def reload(options):
    """Reloads that each change a model, under listings and streams."""
    with started(lambda: start_stream_upstream(20, 50), Weir) as [_, weir]:
        quiet = Listings(weir).batch()
        first = weir.generation()
        with Streams(weir, 50, repeat=True) as streams:
            listings = Listings(weir)
            listings.start()
            times = [reload_once(weir, n) for n in range(1, options.count + 1)]
            busy = listings.finish()
            seen = streams.report()
        raised = weir.generation() - first
    what = f"{options.count} reloads"
    yield Row("reload", f"{what}: generation", raised, "numbers", bar=options.count, at_least=True)
    yield Row("reload", f"{what}: failed of {busy['requests']} listings", busy["failed"],
              "requests", bar=0)
    yield Row("reload", f"{what}: failed of {seen['completed'] + seen['failed']} streams",
              seen["failed"], "streams", bar=0)
    yield Row("reload", "one reload, median", statistics.median(times) * 1000, "ms",
              p99_ms=sorted(times)[len(times) * 99 // 100] * 1000)
    yield Row("reload", "listing, mean before", quiet["mean_us"], "us")
    yield Row("reload", "listing, mean during", busy["mean_us"], "us")
    yield Row("reload", "listing, p99 before", quiet["p99_us"], "us")
    yield Row("reload", "listing, p99 during", busy["p99_us"], "us")


def cpu_seconds(command):
    """CPU of a command that must succeed."""
    with open(WORK / "command.log", "wb") as log:
        child = subprocess.Popen(["taskset", "-c", "0", *command], stdout=log, stderr=log)
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failure(f"{command[0]} failed:\n{(WORK / 'command.log').read_text()[:2000]}")
    return used.ru_utime + used.ru_stime


def directory_of(keys):
    """weir with so many keys in its directory, and their groups."""
    return lambda: Weir(WORK / f"directory-{keys}", make_config.write_directory,
                        program=PROGRAMS / "export_keys", keys=keys)


def keys(options):
    """A listing by a key that chance chose, of few and of many."""
    few, many = 1000, 1000000
    costs = {few: [], many: []}
    for _ in range(options.rounds):
        for count, found in costs.items():
            with started(directory_of(count)) as [weir]:
                found.append(requests(weir, "/v1/models", options.seconds, keys=count)["us"])
    medians_of = {count: statistics.median(found) for count, found in costs.items()}
    for count, figure in medians_of.items():
        yield Row("keys", f"{count:,} keys", figure, "CPU us per listing",
                  spread=spread(costs[count]))
    yield Row("keys", "many / few", medians_of[many] / medians_of[few], "ratio", bar=1.15,
              steady=spread(costs[few]) < STEADY)


def load_directory(options):
    """A million keys of the directory instead of a hundred thousand of the files."""
    config = make_config.write_directory(WORK / "directory", PROGRAMS / "export_keys", 1000000)
    loads = [cpu_seconds([WEIR, "check", "--config", config]) for _ in range(options.rounds)]
    yield Row("load", "weir check, 1,000,000 keys of a directory", statistics.median(loads) * 1000,
              "CPU ms", bar=5000)


def load(options):
    """1,000 models, 100,000 keys, 1,000 sets of grants: time, size, and what listings feel of it."""
    keys = 100000
    folder = WORK / "large"
    config = make_config.write_large(folder, keys=keys)
    files = [config, folder / "keys.yaml"]
    loads, events = [], []
    for _ in range(options.rounds):
        loads.append(cpu_seconds([WEIR, "check", "--config", config]))
        events.append(cpu_seconds([PROGRAMS / "yaml_events", *files]))
    ours, theirs = statistics.median(loads), statistics.median(events)
    yield Row("load", "weir check", ours * 1000, "CPU ms")
    yield Row("load", "libyaml's events", theirs * 1000, "CPU ms")
    yield Row("load", "weir / libyaml", ours / theirs, "ratio", bar=4, steady=spread(events) < STEADY)

    def large(count):
        return lambda: Weir(WORK / f"large-{count}", make_config.write_large, keys=count)

    with started(large(0)) as [weir]:
        empty = mapped_bytes(weir.pid, "memfd:weir-snapshot")
    with started(large(keys)) as [weir]:
        full = mapped_bytes(weir.pid, "memfd:weir-snapshot")
        before = Listings(weir).batch()
        during = Listings(weir)
        during.start()
        revision = 0
        while len(during.batches) < 3:
            revision += 1
            reload_once(weir, revision)
        felt = during.finish()
    yield Row("load", "snapshot", (full - empty) / keys, "bytes per key", bar=200)
    yield Row("load", f"{revision} reloads: failed listings", felt["failed"], "requests", bar=0)
    yield Row("load", "listing p99, during / before", felt["p99_us"] / before["p99_us"], "ratio")
    yield from load_directory(options)


SUITES = {"list": listing, "dialects": dialects, "page": pages, "304": not_modified, "keys": keys, "proxy": proxy, "stream": stream,
          "memory": memory, "reload": reload, "load": load}
