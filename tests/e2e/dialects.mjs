// What a model reads like in each listing dialect, from the configuration alone: the oracle.
import { listedModel } from './config.mjs';

const json = JSON.stringify;
const CREDIT_PROVIDERS = { openai: 'openai', anthropic: 'anthropic', openai_compatible: 'openai' };

/** The kind of the first deployment of the lowest tier. */
function kindOf(config, model) {
  const [first] = [...model.deployments].sort((a, b) => (a.tier ?? 1) - (b.tier ?? 1));
  return config.providers[first.provider].kind;
}

function has(model, capability) {
  return (model.capabilities ?? []).includes(capability);
}

function inputs(model) {
  return model.input_modalities ?? ['text'];
}

/** A decimal as [digits, how many of them stand behind the point]. */
function parseDecimal(text) {
  const [whole, fraction = ''] = text.split('.');
  return [BigInt(whole + fraction), fraction.length];
}

/** digits / 10^scale without needless zeros. */
function decimalText(digits, scale) {
  const text = digits.toString().padStart(scale + 1, '0');
  const at = text.length - scale;
  return `${text.slice(0, at)}.${text.slice(at)}`.replace(/\.?0+$/, '');
}

/** A price per million tokens as credits per thousand. */
function credits(config, price) {
  if (price === undefined || config.credits === undefined) return 'null';
  const [digits, scale] = parseDecimal(price);
  const [margin, marginScale] = parseDecimal(config.credits.margin ?? '1');
  return decimalText(digits * margin * BigInt(config.credits.per_usd), scale + marginScale + 3);
}

export function codexModel(config, slug) {
  const model = config.models[slug];
  return json({
    slug,
    display_name: model.name ?? slug,
    description: model.description ?? '',
    base_instructions: '',
    default_reasoning_level: model.reasoning?.default ?? null,
    supported_reasoning_levels: Object.entries(model.reasoning?.levels ?? {})
      .map(([effort, description]) => ({ effort, description })),
    supported_in_api: model.in_api ?? true,
    priority: model.priority ?? 0,
    minimal_client_version: model.client_version_min ?? null,
    supports_reasoning_summaries: model.reasoning?.summaries ?? false,
    support_verbosity: model.verbosity !== undefined,
    default_verbosity: model.verbosity?.default ?? null,
    supports_parallel_tool_calls: model.parallel_tool_calls ?? false,
    context_window: model.context_window,
    input_modalities: inputs(model),
    available_in_plans: [],
    prefer_websockets: model.websockets ?? false,
    visibility: 'list',
    truncation_policy: { mode: 'bytes', limit: 10000 },
    experimental_supported_tools: [],
  });
}

export function codexListing(config, slugs, created) {
  return `{"models":[${slugs.map((slug) => codexModel(config, slug)).join(',')}],"object":"list",`
    + `"data":[${slugs.map((slug) => listedModel(config, slug, created(slug))).join(',')}]}`;
}

export function creditModel(config, slug) {
  const model = config.models[slug];
  return `{"id":${json(slug)},"name":${json(model.name ?? slug)},`
    + `"provider":${json(CREDIT_PROVIDERS[kindOf(config, model)])},"context_window":${model.context_window},`
    + `"max_output_tokens":${model.max_output_tokens ?? 0},`
    + `"cost_per_1k_input":${credits(config, model.price?.input)},"cost_per_1k_output":${credits(config, model.price?.output)},`
    + `"supports_tools":${has(model, 'tools')},"supports_vision":${inputs(model).includes('image')}}`;
}

export function creditListing(config, slugs) {
  return `{"models":[${slugs.map((slug) => creditModel(config, slug)).join(',')}]}`;
}
