// What an operator gets from `cmake --install`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { WEIR, test } from './harness.mjs';

const run = promisify(execFile);

test('an installation has all that the service and its reader need', async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'weir-install-'));
  const read = (file) => readFile(path.join(root, file), 'utf8');
  try {
    await run('cmake', ['--install', path.dirname(WEIR), '--prefix', '/usr'], { env: { ...process.env, DESTDIR: root } });
    for (const file of [
      'lib/sysusers.d/weir.conf', 'lib/tmpfiles.d/weir.conf', 'share/bash-completion/completions/weir', 'share/man/man5/weir.yaml.5',
      'share/man/man8/weir.8', 'share/doc/weir/README.md', 'share/doc/weir/docs/operations.md',
    ]) assert.notEqual(await read(`usr/${file}`), '', file);
    assert.deepEqual(await readdir(path.join(root, 'usr/share/man/man8')), ['weir.8']);

    const [, program] = (await read('usr/lib/systemd/system/weir.service')).match(/^ExecStart=(\S+) serve/m);
    const { stdout } = await run(path.join(root, program), ['version']);
    assert.match(stdout, /^weir \d/);
    await run(path.join(root, program), ['check', '--config', path.join(root, 'usr/share/doc/weir/examples/weir.example.yaml')]);
  } finally {
    await rm(root, { recursive: true });
  }
});
