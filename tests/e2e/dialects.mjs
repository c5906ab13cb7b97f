// What a model reads like in each listing dialect, from the configuration alone: the oracle.
import { hasRates, listedModel } from './config.mjs';

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
  if (scale === 0) return digits.toString();
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
    priority: 0 - (model.priority ?? 0),
    minimal_client_version: model.client_version_min ?? null,
    supports_reasoning_summaries: model.reasoning?.summaries ?? false,
    support_verbosity: model.verbosity !== undefined,
    default_verbosity: model.verbosity?.default ?? null,
    supports_parallel_tool_calls: model.parallel_tool_calls ?? false,
    context_window: model.context_window,
    input_modalities: inputs(model),
    available_in_plans: [],
    prefer_websockets: model.websockets ?? false,
    visibility: (model.kind ?? 'chat') === 'chat' ? 'list' : 'hide',
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

const leaf = (supported) => ({ supported });

function features(model, word) {
  return leaf((model.features ?? []).includes(word));
}

/** A date of the configuration as a moment. */
function moment(date) {
  return date === undefined ? null : `${date}T00:00:00Z`;
}

function anthropicCapabilities(model, version) {
  const level = (effort) => leaf(model.reasoning?.levels?.[effort] !== undefined);
  const edit = (word) => (features(model, word).supported ? leaf(true) : null);
  const edits = ['clear_thinking_20251015', 'clear_tool_uses_20250919', 'compact_20260112'];
  const thinks = has(model, 'reasoning');
  return {
    batch: features(model, 'batch'),
    citations: features(model, 'citations'),
    code_execution: features(model, 'code_execution'),
    context_management: {
      ...Object.fromEntries(edits.map((word) => [word, edit(word)])), supported: edits.some(edit),
    },
    effort: {
      high: level('high'), low: level('low'), max: level('max'), medium: level('medium'),
      supported: model.reasoning?.levels !== undefined,
      xhigh: level('xhigh').supported ? leaf(true) : null,
    },
    image_input: leaf(inputs(model).includes('image')),
    pdf_input: leaf(inputs(model).includes('file')),
    server_tools: {
      code_execution: features(model, 'code_execution'), web_search: features(model, 'web_search'),
      supported: features(model, 'code_execution').supported || features(model, 'web_search').supported,
    },
    structured_outputs: features(model, 'structured_outputs'),
    thinking: {
      supported: thinks,
      types: {
        adaptive: features(model, 'adaptive_thinking'),
        ...(version === '2023-06-01' ? {} : {
          between_tools: features(model, 'between_tools_thinking'), disabled: leaf(!features(model, 'mandatory_thinking').supported),
        }),
        enabled: leaf(thinks),
      },
    },
  };
}

export function anthropicModel(config, slug, version) {
  const model = config.models[slug];
  const info = {
    type: 'model',
    id: slug,
    display_name: model.name ?? slug,
    created_at: moment(model.released) ?? '1970-01-01T00:00:00Z',
    max_input_tokens: model.max_input_tokens ?? model.context_window,
    max_tokens: model.max_output_tokens ?? null,
    capabilities: anthropicCapabilities(model, version),
  };
  if (version === '2023-06-01') return json(info);
  return json({
    ...info,
    deprecated_at: moment(model.deprecated),
    lifecycle: model.lifecycle === 'preview' ? 'active' : model.lifecycle ?? 'active',
    line: null,
    retires_at: moment(model.retires),
  });
}

export function anthropicListing(config, slugs, version, hasMore = false) {
  return `{"data":[${slugs.map((slug) => anthropicModel(config, slug, version)).join(',')}],"has_more":${hasMore},`
    + `"first_id":${json(slugs[0] ?? null)},"last_id":${json(slugs.at(-1) ?? null)}}`;
}

export function geminiModel(config, slug) {
  const model = config.models[slug];
  const chat = ['generateContent', ...(kindOf(config, model) === 'gemini' ? ['countTokens'] : [])];
  const methods = { chat, image: ['generateContent'] };
  return json({
    name: `models/${slug}`,
    displayName: model.name ?? slug,
    description: model.description,
    inputTokenLimit: model.max_input_tokens ?? model.context_window,
    outputTokenLimit: model.max_output_tokens,
    supportedGenerationMethods: methods[model.kind ?? 'chat'],
    thinking: has(model, 'reasoning') ? true : undefined,
  });
}

export function geminiListing(config, slugs, token) {
  if (slugs.length === 0) return '{}';
  return `{"models":[${slugs.map((slug) => geminiModel(config, slug)).join(',')}]${token ? `,"nextPageToken":${json(token)}` : ''}}`;
}

/** digits / 10^scale of a price as written, shifted by so many places. */
function shifted(price, places) {
  if (price === undefined) return 'null';
  const [digits, scale] = parseDecimal(price);
  return decimalText(digits, scale + places);
}

const CAPABILITIES = { chat: 'chat', embedding: 'embedding', image: 'image_generation' };

export function filterableModel(config, slug) {
  const model = config.models[slug];
  const words = [
    ...(has(model, 'tools') ? ['tools'] : []), ...(inputs(model).includes('image') ? ['vision'] : []), ...(model.features ?? []),
  ];
  const pricing = !hasRates(model)
    ? 'null'
    : `{"input":${shifted(model.price.input, 0)},"output":${shifted(model.price.output, 0)}}`;
  return `{"id":${json(slug)},"provider":${json(kindOf(config, model))},"capabilities":[${json(CAPABILITIES[model.kind ?? 'chat'])}],`
    + `"context_window":${model.context_window},"pricing":${pricing},"features":${json([...new Set(words)])}}`;
}

export function filterableListing(config, slugs) {
  return `{"models":[${slugs.map((slug) => filterableModel(config, slug)).join(',')}]}`;
}

/** What `provider` and `capability` leave of the slugs. */
export function filtered(config, slugs, { provider, capability }) {
  return slugs.filter((slug) => (provider === undefined || kindOf(config, config.models[slug]) === provider)
    && (capability === undefined || CAPABILITIES[config.models[slug].kind ?? 'chat'] === capability));
}

const PIECES = [
  ['request', 'request', 6], ['image', 'image', 6], ['image_token', 'image_input', 0], ['audio', 'audio_input', 0],
  ['audio_output', 'audio_output', 0], ['input_cache_read', 'cache_read', 0], ['input_cache_write', 'cache_write', 0],
  ['input_cache_write_1h', 'cache_write_1h', 0],
];
const OUTPUTS = { chat: ['text'], embedding: ['embeddings'], image: ['image'] };

/** USD for one token, from a price per million; `places` when it is per piece already. */
function usd(price, places = 0) {
  return price === undefined ? null : shifted(price, 6 - places);
}

/** What a model that uses tools is asked with, unless it is said. */
function parametersOf(model) {
  return model.parameters ?? (has(model, 'tools') ? ['tools', 'tool_choice'] : []);
}

export function openRouterModel(config, slug, created) {
  const model = config.models[slug];
  const outputs = model.output_modalities ?? OUTPUTS[model.kind ?? 'chat'];
  const price = model.price && {
    prompt: usd(model.price.input),
    completion: usd(model.price.output),
    ...Object.fromEntries(PIECES.filter(([, name]) => model.price[name] !== undefined)
      .map(([word, name, places]) => [word, usd(model.price[name], places)])),
  };
  return json({
    id: slug,
    canonical_slug: slug,
    name: model.name ?? slug,
    created,
    description: model.description ?? '',
    context_length: model.context_window ?? null,
    architecture: {
      modality: `${inputs(model).join('+')}->${outputs.join('+')}`,
      input_modalities: inputs(model), output_modalities: outputs, instruct_type: null,
    },
    pricing: price ?? null,
    top_provider: {
      context_length: model.context_window ?? null, max_completion_tokens: model.max_output_tokens ?? null, is_moderated: false,
    },
    per_request_limits: null,
    supported_parameters: parametersOf(model),
    default_parameters: null,
    supported_voices: null,
    links: { details: `/api/v1/models/${slug}/endpoints` },
  });
}

const PROVIDER_NAMES = { openai: 'OpenAI', anthropic: 'Anthropic', openai_compatible: 'OpenAI-compatible' };

export function openRouterEndpoints(config, slug, created) {
  const model = config.models[slug];
  const { id, name, description, architecture, pricing, supported_parameters: parameters } = JSON.parse(openRouterModel(config, slug, created));
  const { instruct_type: instruct, ...modalities } = architecture;
  const kind = kindOf(config, model);
  const tools = has(model, 'tools');
  return json({
    id, name, created, description,
    architecture: { ...modalities, tokenizer: null, instruct_type: instruct },
    endpoints: [{
      name: PROVIDER_NAMES[kind], model_id: id, model_name: name, context_length: model.context_window ?? 0, pricing,
      provider_name: PROVIDER_NAMES[kind], tag: kind, quantization: null, max_completion_tokens: model.max_output_tokens ?? null,
      max_prompt_tokens: model.max_input_tokens ?? model.context_window ?? null, supported_parameters: parameters,
      supports_implicit_caching: false, supports_tool_choice: { auto: tools, function: tools, none: tools, required: tools },
      supports_voice_cloning: false, uptime_last_5m: null, uptime_last_30m: null, uptime_last_1d: null, latency_last_30m: null,
      throughput_last_30m: null,
    }],
  });
}

/** What OpenRouter's filters leave of the slugs. */
export function openRouterFiltered(config, slugs, { inputs: takes, outputs: gives, parameters = [], context = 0, text = '', kinds, input, output }) {
  /** [least, most] in USD for a million tokens. */
  const costs = (price, within) => within === undefined || (price !== undefined && Number(price) >= within[0] && Number(price) <= within[1]);
  return slugs.filter((slug) => {
    const model = config.models[slug];
    const outputs = model.output_modalities ?? OUTPUTS[model.kind ?? 'chat'];
    return (takes === undefined || inputs(model).some((word) => takes.includes(word)))
      && (gives === undefined || outputs.some((word) => gives.includes(word)))
      && parameters.every((word) => parametersOf(model).includes(word)) && (model.context_window ?? 0) >= context
      && [slug, model.name ?? slug].some((name) => name.toLowerCase().includes(text)) && (kinds === undefined || kinds.includes(kindOf(config, model)))
      && costs(model.price?.input, input) && costs(model.price?.output, output);
  });
}

export function openRouterListing(config, slugs, created, { next = null, total = slugs.length } = {}) {
  return `{"data":[${slugs.map((slug) => openRouterModel(config, slug, created(slug))).join(',')}],`
    + `"links":${json({ next })},"total_count":${total}}`;
}
