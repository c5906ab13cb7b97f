// The registry that most tests serve: a few of everything, and who may use it.
import { keyOf } from './config.mjs';

export const KEYS = {
  all: 'weir_all-models-0000000000000000000000000000000',
  some: 'weir_some-models-000000000000000000000000000000',
  one: 'weir_allowed-models-only-one-0000000000000000000',
  group: 'sk-a-foreign-key-with-a-group-of-its-own',
  none: 'weir_granted-nothing-0000000000000000000000000',
  disabled: 'weir_disabled-000000000000000000000000000000000',
  expired: 'weir_expired-0000000000000000000000000000000000',
  later: 'weir_expires-later-00000000000000000000000000000',
};

export const PROVIDER_KEY = 'sk-canary-of-the-provider-5d1f0c';

/** `openai`: the base URL of an upstream that speaks both protocols. */
export function registry({ openai }) {
  return {
    // What an upstream of a test does is what its client sees: failover has tests of its own.
    retries: { attempts_max: 1, retry_after_max_ms: 0 },
    breaker: { failures: 255, open_ms: 100 },
    providers: {
      plain: { kind: 'openai_compatible', base_url: openai, api_key: PROVIDER_KEY },
      real: { kind: 'openai', base_url: openai, api_key: PROVIDER_KEY },
      claude: { kind: 'anthropic', base_url: openai.replace(/\/v1$/, ''), api_key: PROVIDER_KEY },
    },
    models: {
      'claude-sonnet-4': {
        name: 'Claude Sonnet 4',
        description: 'Balanced "model" for coding,\nand agents – ünïcode',
        owned_by: 'anthropic',
        released: '2025-05-14',
        context_window: 200000,
        max_input_tokens: 180000,
        max_output_tokens: 64000,
        capabilities: ['reasoning', 'attachments', 'tools'],
        input_modalities: ['text', 'image'],
        features: ['json_mode'],
        reasoning: { levels: { low: 'Quick answers', medium: 'Balanced', high: 'Deep work' }, default: 'medium', summaries: true },
        verbosity: { default: 'low' },
        parallel_tool_calls: true,
        priority: 10,
        price: { input: '3.00', output: '15.00', cache_read: '0.30', cache_write: '3.75' },
        deployments: [{ provider: 'claude', model: 'claude-sonnet-4-5-20250929' }],
      },
      'gpt-mini': {
        name: 'GPT mini',
        context_window: 128000,
        client_version_min: '0.60.0',
        websockets: true,
        priority: 10,
        price: { input: '0.15', output: '0.000001' },
        deployments: [{ provider: 'real', model: 'gpt-4o-mini-2024-07-18' }],
      },
      'org/model:tag': {
        name: 'With a slash and a colon',
        context_window: 32768,
        priority: 2,
        price: { input: '0', output: '10' },
        deployments: [{ provider: 'plain', model: 'an upstream "name" with ünïcode' }],
      },
      'a.plain-one': { context_window: 4096, deployments: [{ provider: 'plain', model: 'plain-upstream' }] },
      Zebra: { context_window: 4096, deployments: [{ provider: 'plain', model: 'zebra-upstream' }] },
      hidden: { context_window: 4096, enabled: false, priority: 99, deployments: [{ provider: 'plain', model: 'hidden-upstream' }] },
      last: { context_window: 4096, priority: -5, deployments: [{ provider: 'plain', model: 'last-upstream' }] },
    },
    groups: {
      minis: { models: ['gpt-mini', 'hidden'] },
      zebras: { models: ['Zebra'] },
      everything: { models: 'all' },
    },
    users: {
      ada: { models: 'all' },
      bob: { groups: ['minis', 'zebras'], models: ['last'] },
      eve: { models: [] },
    },
    keys: {
      'ada-all': keyOf(KEYS.all, { user: 'ada' }),
      'bob-some': keyOf(KEYS.some, { user: 'bob' }),
      'bob-one': keyOf(KEYS.one, { user: 'bob', allowed_models: ['Zebra', 'claude-sonnet-4'] }),
      'eve-group': keyOf(KEYS.group, { user: 'eve', group: 'minis' }),
      'eve-none': keyOf(KEYS.none, { user: 'eve' }),
      'ada-disabled': keyOf(KEYS.disabled, { user: 'ada', disabled: true }),
      'ada-expired': keyOf(KEYS.expired, { user: 'ada', expires: '2020-01-01' }),
      'ada-later': keyOf(KEYS.later, { user: 'ada', expires: '2099-12-31' }),
    },
  };
}
