// Issuers of tokens: keys, tokens of every kind, key sets as they are served and as they are exported.
import { createHash, createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';

export const ISSUER = 'https://users.test/app';
export const APP_CHECK = 'https://check.test/1';

export function now() {
  return Math.floor(Date.now() / 1000);
}

export function makeKey(kid, bits = 2048) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return { kid, publicKey, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } };
}

function encode(value) {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** Signed by `key`, unless `header` says HS256 (with the public key as the secret) or none. */
export function sign(key, claims, header = {}) {
  const head = { alg: 'RS256', kid: key.kid, typ: 'JWT', ...header };
  const text = `${encode(head)}.${encode(claims)}`;
  if (head.alg === 'none') return `${text}.`;
  if (head.alg === 'HS256') {
    const secret = key.publicKey.export({ type: 'spki', format: 'pem' });
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  }
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key.privateKey, 'base64url')}`;
}

export function userClaims(rest = {}) {
  return { iss: ISSUER, aud: 'app', sub: 'ada-uid', iat: now() - 5, exp: now() + 3600, ...rest };
}

export function checkClaims(rest = {}) {
  return { iss: APP_CHECK, aud: ['projects/1', 'projects/app'], sub: '1:1:web:1', iat: now() - 5, exp: now() + 3600, ...rest };
}

/** `state_dir/keysets` as shm/keysets_file.h describes it: sets are {url, fetched, keys}. */
export function writeExport(file, sets) {
  const lines = ['weir-keysets 1'];
  for (const { url, fetched = now(), keys } of sets) {
    lines.push(`set ${fetched} ${url}`);
    for (const { kid, jwk } of keys) lines.push(`key ${encode(kid)} ${jwk.n} ${jwk.e}`);
  }
  const text = `${lines.join('\n')}\n`;
  fs.writeFileSync(`${file}.new`, `${text}sum ${createHash('sha256').update(text).digest('hex')}\n`);
  fs.renameSync(`${file}.new`, file);
}

/** A server of key sets: `sets` by path; a function there answers itself. */
export class KeyServer {
  requests = [];
  maxAge = 3600;

  constructor(sets) {
    this.sets = sets;
    this.server = http.createServer((request, response) => {
      this.requests.push(request);
      const keys = this.sets[request.url];
      if (typeof keys === 'function') {
        keys(response);
        return;
      }
      response.writeHead(keys ? 200 : 404, { 'content-type': 'application/json', 'cache-control': `public, max-age=${this.maxAge}, must-revalidate` });
      response.end(JSON.stringify({ keys: (keys ?? []).map((key) => key.jwk) }));
    });
  }

  async start(port = 0) {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    return this;
  }

  url(path) {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  count(path) {
    return this.requests.filter((request) => request.url === path).length;
  }

  async stop() {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
