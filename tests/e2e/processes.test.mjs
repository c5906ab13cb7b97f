// Processes come and go: DESIGN sections 2, 3 and 13.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach } from 'node:test';
import { KEYS, PROVIDER_KEY, registry } from './fixture.mjs';
import { WEIR, Weir, runWeir, test, turn, until, withWeir } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { Load } from './load.mjs';
import { isAlive, openMemfds, status } from './proc.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
beforeEach(() => upstream.reset());

const config = { ...registry({ openai: upstream.url }), state: { cells_max: 1024 } };
const LIST = requestBytes({ path: '/v1/models', headers: { 'x-api-key': KEYS.all } });
const CALL = requestBytes({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-api-key': KEYS.all }, body: '{"model":"Zebra","stream":true}' });

/** Streams that have begun and wait for finish(). */
class OpenStreams {
  #finish;
  #mayFinish = new Promise((resolve) => { this.#finish = resolve; });
  connections = [];

  async open(weir, count) {
    upstream.answer = async (request, reply) => {
      await reply.streamHead();
      await reply.chunk('data: {"model":"zebra","choices":[{}]}\n\n');
      await this.#mayFinish;
      await reply.chunk('data: [DONE]\n\n');
      await reply.raw('0\r\n\r\n');
    };
    for (let i = 0; i < count; i++) {
      const connection = await weir.connect();
      await connection.write(CALL);
      this.connections.push({ connection, head: await connection.readHead() });
    }
    return this;
  }

  /** How each ended: `done`, or `cut`. */
  async finish() {
    this.#finish();
    return Promise.all(this.connections.map(async ({ connection, head }) => {
      try {
        const text = (await connection.readBody(head)).toString();
        return text.endsWith('data: [DONE]\n\n') ? 'done' : 'cut';
      } catch {
        return 'cut';
      } finally {
        connection.close();
      }
    }));
  }
}

/** How many client connections each worker has, by its number. */
async function connectionsOpen(weir) {
  const { processes } = JSON.parse((await weir.run('status', '--json')).stdout);
  return processes.map((worker) => worker.gauges.connections_open);
}

test('a worker that is killed takes its own connections with it and nothing else', async () => {
  await withWeir(config, async (weir) => {
    weir.expectDeaths();
    const streams = await new OpenStreams().open(weir, 24);
    const [victim, other] = weir.workers();
    const [lost, kept] = await until(async () => {
      const open = await connectionsOpen(weir);
      return open[0] + open[1] === 24 && open;
    }, 'only the streams are open');
    process.kill(victim, 'SIGKILL');
    // New connections are taken by the other worker, or wait for the successor in the open slot.
    const fresh = await Promise.all(Array.from({ length: 50 }, () => weir.get('/v1/models', KEYS.all)));
    assert.ok(fresh.every((answer) => answer.status === 200));
    await until(() => weir.workers().length === 2 && !weir.workers().includes(victim), 'a successor');
    const ends = await streams.finish();
    assert.equal(ends.filter((end) => end === 'done').length, kept);
    assert.equal(ends.filter((end) => end === 'cut').length, lost);
    assert.ok(isAlive(other));
    // What it had in hand is said, with the end of each request's id.
    assert.match(weir.log, /worker \d+, its last events, newest first: (\w+ [0-9a-f]{12} \d+ ms ago, )*streaming [0-9a-f]{12} \d+ ms ago/);
  });
});

test('a worker that is killed again and again under load costs its own connections only', async () => {
  await withWeir(config, async (weir) => {
    weir.expectDeaths();
    for (let i = 0; i < 3; i++) {
      const load = new Load(weir).connections().connections();
      await until(() => load.answers > 20, 'some answers');
      const [victim] = weir.workers();
      process.kill(victim, 'SIGKILL');
      await until(() => weir.workers().length === 2 && !weir.workers().includes(victim), 'a successor');
      const answers = load.answers;
      await until(() => load.answers > answers + 20, 'more answers');
      await load.stop();
      // At most what each client had in the hands of the dead worker.
      assert.ok(load.failures.length <= 2, load.failures.join('\n'));
    }
  });
});

test('clients that reset in the middle of their answers cost no worker', async () => {
  const large = { ...config, models: { ...config.models } };
  for (let i = 0; i < 3000; i++) large.models[`extra-${i}`] = { context_window: 1000, deployments: [{ provider: 'plain', model: 'x' }] };
  await withWeir({ ...large, state: undefined }, async (weir) => {
    const workers = weir.workers();
    upstream.answer = async (request, reply) => {
      await reply.streamHead();
      for (let i = 0; i < 50; i++) await reply.chunk(`data: {"choices":[{"delta":{"content":"${'x'.repeat(20_000)}"}}]}\n\n`);
    };
    // So many that weir stops reading, and hears of the end by a write alone.
    const many = Buffer.concat(Array(500).fill(LIST));
    for (const bytes of [LIST, CALL, many]) {
      for (const ways of [['reset'], ['close'], ['halfClose', 'close'], ['halfClose', 'reset']]) {
        await Promise.all(Array.from({ length: 20 }, async () => {
          const connection = await weir.connect();
          await connection.write(bytes);
          await connection.readHead();
          for (const way of ways) {
            connection[way]();
            await turn();
          }
        }));
      }
    }
    assert.equal((await weir.get('/v1/models/Zebra', KEYS.all)).status, 200);
    assert.deepEqual(weir.workers(), workers);
  });
});

test('a signal for the whole process group stops as one for the master does', async () => {
  await withWeir(config, async (weir) => {
    const streams = await new OpenStreams().open(weir, 6);
    // Ctrl-C in a terminal.
    for (const pid of [...weir.workers(), ...weir.processes('steward'), weir.pid]) process.kill(pid, 'SIGINT');
    await until(() => weir.connect().then((connection) => connection.close(), (error) => error.code === 'ECONNREFUSED'), 'nobody accepts');
    assert.deepEqual(await streams.finish(), Array(6).fill('done'));
    await until(() => weir.ended, 'weir ends');
    assert.deepEqual(weir.ended, { code: 0, signal: null });
  });
});

test('SIGTERM lets open streams end, and takes no new connection', async () => {
  await withWeir(config, async (weir) => {
    const streams = await new OpenStreams().open(weir, 6);
    const idle = await weir.connect();
    await idle.write(LIST);
    assert.equal((await idle.readAnswer()).status, 200);
    process.kill(weir.pid, 'SIGTERM');
    assert.ok(await idle.ends(), 'an idle connection is closed');
    await until(() => weir.connect().then((connection) => connection.close(), (error) => error.code === 'ECONNREFUSED'), 'nobody accepts');
    assert.equal(weir.ended, undefined);
    assert.deepEqual(await streams.finish(), Array(6).fill('done'));
    await until(() => weir.ended, 'weir ends');
    assert.deepEqual(weir.ended, { code: 0, signal: null });
  });
});

test('SIGINT stops like SIGTERM, and drain_ms bounds how long', async () => {
  await withWeir({ ...config, drain_ms: 700 }, async (weir) => {
    const streams = await new OpenStreams().open(weir, 2);
    process.kill(weir.pid, 'SIGINT');
    await until(() => weir.ended, 'weir ends', 10_000);
    assert.deepEqual(weir.ended, { code: 0, signal: null });
    assert.deepEqual(await streams.finish(), ['cut', 'cut']);
  });
});

test('workers whose master is killed finish their streams and exit', async () => {
  await withWeir(config, async (weir) => {
    const streams = await new OpenStreams().open(weir, 6);
    const pids = [...weir.workers(), ...weir.processes('steward')];
    process.kill(weir.pid, 'SIGKILL');
    await until(() => weir.ended, 'the master is gone');
    assert.deepEqual(await streams.finish(), Array(6).fill('done'));
    await until(() => pids.every((pid) => !isAlive(pid)), 'all children have gone');
  });
});

test('a worker that hangs is replaced when a reload finds it silent', async () => {
  await withWeir({ ...config, reload: { ack_ms: 800 } }, async (weir) => {
    weir.expectDeaths();
    const [hung] = weir.workers();
    process.kill(hung, 'SIGSTOP');
    await weir.reload({ ...config, reload: { ack_ms: 900 } });
    await until(() => !isAlive(hung), 'the hung worker is gone');
    await until(() => weir.workers().length === 2, 'a successor');
    const answers = await Promise.all(Array.from({ length: 20 }, () => weir.get('/v1/models', KEYS.all)));
    assert.ok(answers.every((answer) => answer.status === 200));
  });
});

test('a steward that is killed is replaced, and requests flow meanwhile', async () => {
  await withWeir(config, async (weir) => {
    weir.expectDeaths();
    const [steward] = await until(() => { const found = weir.processes('steward'); return found.length && found; }, 'a steward');
    const load = new Load(weir).lists().streams();
    process.kill(steward, 'SIGKILL');
    await until(() => weir.processes('steward').length === 1 && weir.processes('steward')[0] !== steward, 'a successor');
    await load.stop();
    assert.deepEqual(load.failures, []);
  });
});

test('`weir status` tells of the processes and the generation', async () => {
  await withWeir(config, async (weir) => {
    const { code, stdout } = await weir.status();
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`\\bpid=${weir.pid} generation=1-[0-9a-f]{8} workers=2 serving=2 state=running\\b`));
    for (const worker of [0, 1]) assert.match(stdout, new RegExp(`^ *${worker} +serving +1 `, 'm'));
    const { stdout: json } = await weir.run('status', '--json');
    assert.match(JSON.parse(json).generation, /^1-/);
    // It needs no worker.
    const workers = weir.workers();
    for (const pid of workers) process.kill(pid, 'SIGSTOP');
    assert.equal((await weir.status()).code, 0);
    for (const pid of workers) process.kill(pid, 'SIGCONT');
  });
});

test('`weir status` shows every figure, grouped, and fits a terminal', async () => {
  await withWeir(config, async (weir) => {
    await weir.fetch({ path: '/nothing' });
    const { counters, gauges } = await weir.totals();
    const { stdout } = await weir.status();
    const rows = new Map([...stdout.matchAll(/^ {2}([a-z-]+(?: [a-z]+)*) {2,}(.*)$/gm)].map(([, label, figures]) => [label, figures]));
    assert.match(rows.get('answers'), new RegExp(`^${counters.responses_2xx} 2xx, 0 3xx, ${counters.responses_4xx} 4xx, 0 5xx$`));
    assert.match(rows.get('connections'), new RegExp(`${gauges.connections_open} open, ${counters.connections_accepted} accepted, 0 refused at the limit`));
    assert.match(rows.get('attempts'), /^0, 0 of them retries, 0 translated$/);
    const figures = [...rows.values()].join(' ').match(/\d+/g);
    assert.ok(figures.length > Object.keys(counters).length + Object.keys(gauges).length, stdout);
    const shown = execFileSync('script', ['-qec', `stty cols 80; '${WEIR}' status --config '${weir.file}'`, '/dev/null'], { encoding: 'utf8' });
    for (const line of shown.split('\r\n')) assert.ok(line.replace(/\x1b\[\d*m/g, '').length <= 80, line);
    assert.match(shown, /state=running/);
  });
});

test('`weir status` and `weir reload` say that nobody answers, and what to do', async () => {
  const weir = new Weir(config);
  for (const word of ['status', 'reload']) {
    const { code, stderr } = await weir.run(word);
    assert.equal(code, 3);
    assert.match(stderr, new RegExp(`^weir ${word}: no gateway answers on .*control\\.sock .*systemctl start weir.*--socket or --config\n$`));
  }
  fs.rmSync(weir.folder, { recursive: true });
});

test('`weir status` and `weir reload` find the socket that a configuration names', async () => {
  await withWeir(config, async (weir) => {
    for (const word of ['status', 'reload']) assert.equal((await runWeir([word, '--config', weir.file])).code, 0);
    const broken = path.join(weir.folder, 'broken.yaml');
    fs.writeFileSync(broken, 'workers: many\n');
    const { code, stderr } = await runWeir(['reload', '--config', broken]);
    assert.equal(code, 1);
    assert.match(stderr, /broken\.yaml:1:10: error: workers/);
    assert.match(stderr, /name it with --socket/);
  });
});

test('every process has its title', async () => {
  await withWeir({ ...config, workers: 3 }, async (weir) => {
    await until(() => weir.processes('steward').length === 1, 'one steward');
    assert.equal(weir.workers().length, 3);
    assert.match(fs.readFileSync(`/proc/${weir.pid}/cmdline`, 'latin1'), /^weir: master/);
  });
});

const ATTACK = `
import fcntl, json, mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
size = os.fstat(fd).st_size
def refused(attempt):
    try:
        attempt()
        return False
    except (OSError, ValueError):
        return True
print(json.dumps({
    "write": refused(lambda: os.pwrite(fd, b"x", 0)),
    "map": refused(lambda: mmap.mmap(fd, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)),
    "grow": refused(lambda: os.ftruncate(fd, size + 1)),
    "shrink": refused(lambda: os.ftruncate(fd, 0)),
    "seal": refused(lambda: fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL)),
    "seals": fcntl.fcntl(fd, fcntl.F_GET_SEALS),
}))
`;

test('a generation cannot be written, mapped for writing, resized or unsealed', async () => {
  await withWeir(config, async (weir) => {
    const memfds = openMemfds(weir.pid).filter((each) => /^weir-(snapshot|secrets)-\d+$/.test(each.name));
    assert.deepEqual(memfds.map((each) => each.name).sort(), ['weir-secrets-1', 'weir-snapshot-1']);
    const maps = weir.workers().flatMap((pid) => fs.readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')
      .filter((line) => /memfd:weir-(snapshot|secrets)/.test(line)));
    assert.equal(maps.length, 4);
    for (const line of maps) assert.match(line, / r--s /, 'mapped for reading alone');
    for (const { path } of memfds) {
      const found = JSON.parse(execFileSync('python3', ['-c', ATTACK, path], { encoding: 'utf8' }));
      assert.deepEqual(found, { write: true, map: true, grow: true, shrink: true, seal: true, seals: 0xf });
    }
    assert.equal((await weir.get('/v1/models', KEYS.all)).status, 200);
  });
});

test('workers and the steward are sandboxed', async () => {
  await withWeir(config, async (weir) => {
    await weir.post('/v1/chat/completions', KEYS.all, '{"model":"Zebra"}');
    for (const pid of [...weir.workers(), ...weir.processes('steward')]) {
      assert.equal(status(pid, 'NoNewPrivs'), '1');
      assert.equal(status(pid, 'Seccomp'), '2');
    }
  });
});

test('workers are not dumpable', async () => {
  const weir = new Weir(config, { uid: 65534 });
  await weir.start();
  try {
    // The owner of what is under /proc/PID is root instead of the process's own user.
    for (const pid of weir.workers()) {
      assert.match(status(pid, 'Uid'), /^65534\b/);
      assert.equal(fs.statSync(`/proc/${pid}/fd`).uid, 0);
    }
  } finally {
    await weir.stop();
  }
}, { skip: process.getuid() !== 0 && 'only root can start weir as somebody else' });

test('no key is in a log, an error, the snapshot or the state segment', async () => {
  await withWeir(config, async (weir) => {
    const bodies = [];
    for (const key of [KEYS.all, KEYS.none, 'weir_canary-of-an-unknown-client']) {
      for (const answer of [
        await weir.get('/v1/models', key), await weir.get(`/v1/models/x?key=${key}`), await weir.post('/v1/chat/completions', key, '{"model":"nope"}'),
        await weir.post('/v1/chat/completions', key, '{"model":"Zebra"'), await weir.post('/v1/messages', key, '{"model":"claude-sonnet-4"}'),
      ]) bodies.push(JSON.stringify(answer.headers) + answer.text);
    }
    for (const answer of [(request, reply) => reply.cut(), (request, reply) => reply.json({ error: 'x' }, { status: 401 })]) {
      upstream.answer = answer;
      bodies.push((await weir.post('/v1/chat/completions', KEYS.all, '{"model":"Zebra"}')).text);
    }
    await weir.reload({ ...config, workers: 1 });
    await weir.status().then(({ stdout, stderr }) => bodies.push(stdout, stderr));
    const memory = Object.fromEntries(openMemfds(weir.pid).map(({ name, path }) => [name.replace(/-\d+$/, ''), fs.readFileSync(path)]));
    assert.ok(memory['weir-secrets'].includes(PROVIDER_KEY), 'the search finds what is there');
    const places = { log: Buffer.from(weir.log), answers: Buffer.from(bodies.join('\n')), snapshot: memory['weir-snapshot'], state: memory['weir-state'] };
    for (const secret of [PROVIDER_KEY, KEYS.all, KEYS.none, 'weir_canary-of-an-unknown-client']) {
      for (const [place, bytes] of Object.entries(places)) assert.ok(!bytes.includes(secret), `a key in the ${place}`);
      assert.ok(!memory['weir-secrets'].includes(secret) || secret === PROVIDER_KEY, 'a client key is nowhere');
    }
  });
});
