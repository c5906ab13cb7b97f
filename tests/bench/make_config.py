#!/usr/bin/env python3
"""Write a weir configuration for a benchmark.

Usage: make_config.py small|large FOLDER [--keys N] [--models N] [--grant-sets N]

  small  40 models; key 0 may call all of them, key 1 every other one, key 2 the first half; what
         tools/bench serves
  large  1,000 models, 100,000 keys, 1,000 distinct sets of granted models; what it loads

The keys are the texts `bench-key-0`, `bench-key-1` …; the files hold their digests.
"""
import argparse
import hashlib
import pathlib
import subprocess

PORTS = {"weir": 18811, "nginx": 18812, "haproxy": 18813, "json": 18814, "streams": 18815}
STREAM_MODEL = "bench-stream"
CALL_MODEL = "bench-model-000"
DESCRIPTION = "A model that is there to be listed and called, nothing else"
PART = 20  # models of keys 1 and 2: a listing of about 12 KB, in as many runs or in one

HEAD = """\
listen: ["127.0.0.1:{port}"]
workers: 1
state_dir: "{folder}/state"
control_socket: "{folder}/control.sock"
limits: {{ connections: {connections}, calls: {calls} }}

providers:
  json: {{ kind: openai_compatible, base_url: "http://127.0.0.1:{json}/v1", api_key: "bench-upstream" }}
  streams: {{ kind: openai_compatible, base_url: "http://127.0.0.1:{streams}/v1", api_key: "bench-upstream" }}

models:
"""

MODEL = """\
  {slug}:
    name: {name}
    description: {description}
    kind: chat
    owned_by: bench
    priority: {priority}
    context_window: 128000
    max_output_tokens: 16384
    capabilities: [tools]
    price: {{ input: "2.50", output: "10.00", cache_read: "1.25" }}
    deployments:
      - {{ provider: {provider}, model: {upstream} }}
"""


def key_text(number):
    return f"bench-key-{number}"


def model(slug, provider, priority, description):
    return MODEL.format(slug=slug, name=slug.replace("-", " ").title(), description=description,
                        priority=priority, provider=provider, upstream="upstream-model")


def key(number, owner):
    digest = hashlib.sha256(key_text(number).encode()).hexdigest()
    return f'  key-{number}: {{ {owner}, sha256: "{digest}" }}\n'


def head(folder, connections, calls):
    return HEAD.format(port=PORTS["weir"], json=PORTS["json"], streams=PORTS["streams"],
                       folder=folder, connections=connections, calls=calls)


def write_small(folder, models=40, revision=0):
    """`revision` stands in one description, so that each revision makes a generation of its own."""
    slugs = [f"bench-model-{n:03}" for n in range(models - 1)]
    text = head(folder, connections=10500, calls=9000)
    for n, slug in enumerate(slugs):
        text += model(slug, "json", 1000 - n, f"Revision {revision}" if n == 1 else DESCRIPTION)
    text += model(STREAM_MODEL, "streams", 0, "Streams")
    text += f"groups:\n  all: {{ models: [{', '.join(slugs + [STREAM_MODEL])}] }}\n"
    text += f"  some: {{ models: [{', '.join(slugs[:PART * 2:2])}] }}\n"
    text += f"  first: {{ models: [{', '.join(slugs[:PART])}] }}\n"
    text += "users:\n  ada: { groups: [all] }\n  ben: { groups: [some] }\n  cyd: { groups: [first] }\n"
    text += "keys:\n" + key(0, "user: ada") + key(1, "user: ben") + key(2, "user: cyd")
    return replace(folder / "weir.yaml", text)


def write_large(folder, models=1000, keys=100000, grant_sets=1000, revision=0):
    """Each set is a window over the models, of its own begin and length: no two are equal."""
    slugs = [f"bench-model-{n:03}" for n in range(models)]
    text = "include: [keys.yaml]\n" if keys else ""
    text += head(folder, connections=1000, calls=1000)
    for n, slug in enumerate(slugs):
        text += model(slug, "json", 1000 - n, f"Revision {revision}" if n == 1 else DESCRIPTION)
    text += "groups:\n" if grant_sets else ""
    for n in range(grant_sets):
        granted = [slugs[(n + step) % models] for step in range(10 + n % 7)]
        text += f"  group-{n}: {{ models: [{', '.join(granted)}] }}\n"
    if keys:
        lines = (key(n, f"group: group-{n % grant_sets}") for n in range(keys))
        replace(folder / "keys.yaml", "keys:\n" + "".join(lines))
    return replace(folder / "weir.yaml", text)


def write_directory(folder, program, keys, models=1000, grant_sets=1000, revision=0):
    """The same with groups and keys in an export of the directory, which `program` writes."""
    path = write_large(folder, models, keys=0, grant_sets=0, revision=revision)
    state = folder / "state"
    state.mkdir(exist_ok=True)
    subprocess.run([program, state, str(keys), str(grant_sets), str(models)], check=True)
    return path


def replace(path, text):
    """Never half a file where somebody may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(path)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", choices=["small", "large"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--models", type=int)
    parser.add_argument("--keys", type=int)
    parser.add_argument("--grant-sets", type=int)
    wanted = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    write = write_small if wanted.pop("size") == "small" else write_large
    folder = wanted.pop("folder").resolve()
    print(write(folder, **wanted))


if __name__ == "__main__":
    main()
