// A client of the admin API, and what its description promises: every answer that passes through
// here is held against the schemas and statuses of /admin/openapi.json.
import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';

/** One request: {status, headers, text, json, bytes}. `socketPath`, or `port` of this machine. */
export function ask({ method = 'GET', path: url, body, headers = {}, ...where }) {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const request = http.request({
      ...where, method, path: url, agent: false,
      headers: { ...(bytes ? { 'content-type': 'application/json', 'content-length': bytes.length } : {}), ...headers },
    }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const all = Buffer.concat(parts);
        const text = all.toString();
        const isJson = /^application\/json/.test(response.headers['content-type'] ?? '') && text !== '';
        resolve({ status: response.statusCode, headers: response.headers, bytes: all, text, json: isJson ? JSON.parse(text) : undefined });
      });
    });
    request.on('error', reject);
    request.end(bytes);
  });
}

function typeOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** What of `value` is not as the schema says; undefined: all is. The keywords that the API uses. */
export function mismatch(document, schema, value, where = '$') {
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    const found = document.components.schemas[name];
    return found ? mismatch(document, found, value, where) : `${where}: no schema ${name}`;
  }
  if (schema.oneOf) {
    const fits = schema.oneOf.filter((each) => mismatch(document, each, value, where) === undefined);
    return fits.length === 1 ? undefined : `${where}: fits ${fits.length} of oneOf`;
  }
  if ('const' in schema && value !== schema.const) return `${where}: is not ${schema.const}`;
  if (schema.enum && !schema.enum.includes(value)) return `${where}: ${value} is not in the enum`;
  if (schema.type) {
    const types = [schema.type].flat();
    if (!types.includes(typeOf(value))) return `${where}: is ${typeOf(value)}, not ${types}`;
  }
  if (schema.format === 'date-time' && value !== null && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return `${where}: ${value} is no time`;
  if (typeOf(value) === 'object') {
    for (const name of schema.required ?? []) if (!(name in value)) return `${where}.${name}: is missing`;
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      const wrong = name in value ? mismatch(document, member, value[name], `${where}.${name}`) : undefined;
      if (wrong) return wrong;
    }
  }
  if (typeOf(value) === 'array' && schema.items) {
    for (const [n, item] of value.entries()) {
      const wrong = mismatch(document, schema.items, item, `${where}[${n}]`);
      if (wrong) return wrong;
    }
  }
  return undefined;
}

export class Admin {
  /** `METHOD /path/{name}` of the description that were asked, with the statuses that came. */
  seen = new Map();

  constructor(weir) {
    this.weir = weir;
    this.where = { socketPath: path.join(weir.folder, 'state', 'admin.sock') };
  }

  async describe() {
    this.document ??= (await ask({ ...this.where, path: '/admin/openapi.json' })).json;
    return this.document;
  }

  /** The template of a path: of two that fit the one with fewer parameters. */
  #template(url) {
    const segments = url.split('?')[0].split('/');
    return Object.keys(this.document.paths)
      .filter((template) => {
        const parts = template.split('/');
        return parts.length === segments.length && parts.every((part, n) => part.startsWith('{') || part === segments[n]);
      })
      .sort((a, b) => a.split('{').length - b.split('{').length)[0];
  }

  /** Ask, and hold the answer against the description. */
  async call(method, url, body, headers = {}, where = this.where) {
    await this.describe();
    const answer = await ask({ ...where, method, path: url, body, headers });
    const template = this.#template(url);
    const operation = this.document.paths[template]?.[method.toLowerCase()];
    if (operation === undefined) return answer;
    const name = `${method} ${template}`;
    this.seen.set(name, (this.seen.get(name) ?? new Set()).add(answer.status));
    const described = operation.responses[answer.status];
    assert.ok(described, `${name} answered ${answer.status}, which is not described: ${answer.text}`);
    const schema = described.content?.['application/json']?.schema;
    if (schema) {
      assert.ok(answer.json !== undefined, `${name} ${answer.status}: a JSON body`);
      assert.equal(mismatch(this.document, schema, answer.json), undefined, `${name} ${answer.status}: ${answer.text.slice(0, 500)}`);
    } else if (!described.content) {
      assert.equal(answer.text, '', `${name} ${answer.status} has no body`);
    }
    return answer;
  }

  get(url, headers) { return this.call('GET', url, undefined, headers); }

  post(url, body, headers) { return this.call('POST', url, body, headers); }

  patch(url, body, headers) { return this.call('PATCH', url, body, headers); }

  delete(url, headers) { return this.call('DELETE', url, undefined, headers); }
}

export function assertRefused(answer, status, code, field) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json.error.code, code, answer.text);
  if (field !== undefined) assert.equal(answer.json.error.field, field, answer.text);
}
