// https upstreams: only a certificate of a known authority, for that name, of today (DESIGN section 9).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { assertOpenAiError, startWeir, test } from './harness.mjs';
import { Upstream } from './upstream.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-tls-'));
after(() => fs.rmSync(folder, { recursive: true }));
const file = (name) => path.join(folder, name);
const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });

function makeAuthority(name) {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30',
    '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`,
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign');
}

/** A server's key and certificate, signed by `authority`. */
function makeServer(name, authority, altName, days = '30') {
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  fs.writeFileSync(file(`${name}.ext`), `subjectAltName=${altName}\nextendedKeyUsage=serverAuth\n`);
  openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-CAcreateserial', '-days', days, '-extfile', `${name}.ext`, '-out', `${name}.pem`);
  return { key: fs.readFileSync(file(`${name}.key`)), cert: fs.readFileSync(file(`${name}.pem`)) };
}

makeAuthority('known');
makeAuthority('foreign');
const servers = {
  good: makeServer('good', 'known', 'IP:127.0.0.1,DNS:localhost'),
  named: makeServer('named', 'known', 'DNS:localhost'),
  foreign: makeServer('by-foreign', 'foreign', 'IP:127.0.0.1'),
  othername: makeServer('othername', 'known', 'DNS:elsewhere.test'),
  expired: makeServer('expired', 'known', 'IP:127.0.0.1', '-1'),
};

const upstreams = {};
const config = registry({ openai: 'http://127.0.0.1:1/v1' });
for (const [name, options] of Object.entries(servers)) {
  upstreams[name] = await Upstream.start(options);
  after(() => upstreams[name].stop());
  const host = name === 'named' ? 'localhost' : '127.0.0.1';
  config.providers[name] = { kind: 'openai_compatible', base_url: `https://${host}:${upstreams[name].port}/v1` };
  config.models[name] = { context_window: 1000, deployments: [{ provider: name, model: `${name}-upstream` }] };
}
const weir = await startWeir({ ...config, ca_file: file('known.pem') });

const post = (model, stream = false) => weir.post('/v1/chat/completions', KEYS.all, { model, stream, messages: [] });

for (const name of ['good', 'named']) {
  test(`a certificate that is right is accepted: ${name}`, async () => {
    const answer = await post(name);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.model, name);
    assert.equal((await post(name, true)).data.at(-1), '[DONE]');
  });
}

for (const name of ['foreign', 'othername', 'expired']) {
  test(`a certificate that is wrong is 502, and no request is sent: ${name}`, async () => {
    assertOpenAiError(await post(name), 502, 'upstream_unreachable');
    assertOpenAiError(await post(name, true), 502, 'upstream_unreachable');
    assert.equal(upstreams[name].requests.length, 0);
  });
}

test('a body of 1 MB passes through TLS', async () => {
  const text = 'x'.repeat(1 << 20);
  const answer = await weir.post('/v1/chat/completions', KEYS.all, { model: 'good', messages: [text] });
  assert.equal(answer.status, 200);
  assert.deepEqual(upstreams.good.last.json.messages, [text]);
});
