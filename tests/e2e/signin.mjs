// Signing in as a browser does, and its token as docs/access.md describes it: made here as well.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { digest } from './config.mjs';

/** What a browser says of a form that stands on a page of the host that it goes to. */
export const OWN_PAGE = { origin: 'http://weir.test' };
export const OWN_HTTPS_PAGE = { origin: 'https://weir.test' };

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** The answer to a form with these fields, or with this body. */
export function postForm(weir, url, fields = {}, headers = OWN_PAGE) {
  const body = typeof fields === 'string' ? fields : new URLSearchParams(fields).toString();
  return weir.fetch({ method: 'POST', path: url, body, headers: { ...FORM, ...headers } });
}

/** [{name, value, attributes: Map}] of the `Set-Cookie` lines of an answer. */
export function setCookies(answer) {
  return answer.lines.filter((line) => /^set-cookie:/i.test(line)).map((line) => {
    const [pair, ...attributes] = line.slice(line.indexOf(':') + 1).trim().split('; ');
    const at = pair.indexOf('=');
    return { name: pair.slice(0, at), value: pair.slice(at + 1), attributes: new Map(attributes.map((each) => each.split('=', 2))) };
  });
}

/** Sign in and give back what a browser would send from then on: {name, value, headers}. */
export async function signIn(weir, key, headers = OWN_PAGE) {
  const answer = await postForm(weir, '/signin', { key }, headers);
  assert.equal(answer.status, 303, answer.text);
  const [{ name, value }, ...more] = setCookies(answer);
  assert.equal(more.length, 0);
  return { name, value, headers: { cookie: `${name}=${value}` } };
}

export const sessionKeyFile = (weir) => path.join(weir.folder, 'state', 'session-key');

/** The token that weir would have made with this file's key. */
export function makeToken(weir, key, expiresSeconds) {
  const secret = fs.readFileSync(sessionKeyFile(weir));
  const code = (...parts) => parts.reduce((hmac, part) => hmac.update(part), createHmac('sha256', secret)).digest();
  const expiry = Buffer.alloc(8);
  expiry.writeBigInt64BE(BigInt(expiresSeconds));
  const hash = Buffer.from(digest(key), 'hex');
  const tag = code('weir session 1 tag', expiry, hash);
  const mask = code('weir session 1 mask', tag);
  return Buffer.concat([expiry, tag, hash.map((byte, i) => byte ^ mask[i])]).toString('base64url');
}
