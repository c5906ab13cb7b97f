// Configurations as objects: written as YAML, and what a client must see of them.
import { createHash } from 'node:crypto';

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;

function scalar(value) {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function isScalar(value) {
  return value === null || typeof value !== 'object';
}

/** Block YAML; lists of scalars and empty collections in flow style. */
export function toYaml(value, indent = '') {
  const lines = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const name = PLAIN_KEY.test(key) ? key : JSON.stringify(key);
    lines.push(`${indent}${name}:${yamlMember(member, indent)}`);
  }
  return lines.join('');
}

function yamlMember(member, indent) {
  if (isScalar(member)) return ` ${scalar(member)}\n`;
  if (!Array.isArray(member)) {
    return Object.keys(member).length === 0 ? ' {}\n' : `\n${toYaml(member, `${indent}  `)}`;
  }
  if (member.every(isScalar)) return ` [${member.map(scalar).join(', ')}]\n`;
  return `\n${member.map((item) => {
    const lines = toYaml(item, `${indent}    `);
    return `${indent}  - ${lines.slice(indent.length + 4)}`;
  }).join('')}`;
}

export function digest(key) {
  return createHash('sha256').update(key).digest('hex');
}

/** A key's entry. */
export function keyOf(secret, rest = {}) {
  return { sha256: digest(secret), ...rest };
}

function byteOrder(a, b) {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Slugs of the enabled models as they are listed: higher priority first, then by slug. */
export function displayOrder(config) {
  return Object.entries(config.models)
    .filter(([, model]) => model.enabled !== false)
    .sort(([a, x], [b, y]) => (y.priority ?? 0) - (x.priority ?? 0) || byteOrder(a, b))
    .map(([slug]) => slug);
}

function granted(entity, all) {
  if (entity === undefined) return [];
  return entity.models === 'all' ? all : (entity.models ?? []);
}

/** The slugs that a key may list and call (DESIGN section 6), in display order. */
export function effective(config, key) {
  const all = displayOrder(config);
  const user = config.users?.[key.user];
  const sources = [user, config.groups?.[key.group], ...(user?.groups ?? []).map((name) => config.groups[name])];
  const set = new Set(sources.flatMap((entity) => granted(entity, all)));
  const allowed = key.allowed_models ?? [];
  return all.filter((slug) => set.has(slug) && (allowed.length === 0 || allowed.includes(slug)));
}

/** Does its price say what tokens cost, in or out? */
export const hasRates = ({ price }) => price?.input !== undefined || price?.output !== undefined;

/** A price per million tokens as written, as decimal text per thousand, without needless zeros. */
export function perThousand(price) {
  if (price === undefined) return 'null';
  const [whole, fraction = ''] = price.split('.');
  const digits = `${whole}${fraction}`.padStart(fraction.length + 4, '0');
  const at = digits.length - fraction.length - 3;
  const text = `${digits.slice(0, at)}.${digits.slice(at)}`.replace(/\.?0+$/, '').replace(/^0+(?=\d)/, '');
  return text === '' ? '0' : text;
}

const OWNED_BY = { openai: 'openai', anthropic: 'anthropic', openai_compatible: 'openai_compatible', gemini: 'google', openrouter: 'openrouter' };

function ownedBy(config, model) {
  if (model.owned_by) return model.owned_by;
  const first = [...model.deployments].sort((a, b) => (a.tier ?? 0) - (b.tier ?? 0))[0];
  return OWNED_BY[config.providers[first.provider].kind];
}

/** The exact JSON text of one model in the OpenAI dialect. */
export function listedModel(config, slug, created) {
  const model = config.models[slug];
  const json = JSON.stringify;
  const metadata = {
    display_name: model.name ?? slug,
    description: model.description ?? '',
    context_window: model.context_window,
    input_modalities: model.input_modalities ?? ['text'],
    supported_reasoning_levels: Object.entries(model.reasoning?.levels ?? {})
      .map(([effort, description]) => ({ effort, description })),
    default_reasoning_level: model.reasoning?.default ?? null,
    supports_reasoning_summaries: model.reasoning?.summaries ?? false,
    support_verbosity: model.verbosity !== undefined,
    default_verbosity: model.verbosity?.default ?? null,
    prefer_websockets: model.websockets ?? false,
    supports_parallel_tool_calls: model.parallel_tool_calls ?? false,
    supported_in_api: model.in_api ?? true,
    minimal_client_version: model.client_version_min ?? null,
    priority: model.priority ?? 0,
  };
  const pricing = !hasRates(model)
    ? 'null'
    : `{"input":${perThousand(model.price.input)},"output":${perThousand(model.price.output)},"unit":"usd_per_1k_tokens"}`;
  return `{"id":${json(slug)},"object":"model","created":${created},"owned_by":${json(ownedBy(config, model))},`
    + `"metadata":${json(metadata)},"pricing":${pricing}}`;
}

/** The exact JSON text of a list; `created` tells each model's number by its slug. */
export function listing(config, slugs, created) {
  return `{"object":"list","data":[${slugs.map((slug) => listedModel(config, slug, created(slug))).join(',')}]}`;
}
