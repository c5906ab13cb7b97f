// Every way to ask for models, one by one or all, and to call them.

/** `errors`: how refusals of a credential read; `ids`: the slugs of a list's body. */
const openAi = { errors: 'openai', ids: (body) => body.data.map((model) => model.id) };
const models = { errors: 'openai', ids: (body) => body.models.map((model) => model.id) };
const gemini = { errors: 'gemini', ids: (body) => (body.models ?? []).map((model) => model.name.replace(/^models\//, '')) };
const codex = {
  errors: 'openai',
  ids: (body) => {
    const slugs = body.models.map((model) => model.slug);
    if (slugs.join() !== body.data.map((model) => model.id).join()) throw new Error('models and data differ');
    return slugs;
  },
};

/** `one`: the path of a single model in front of its id; `end`: what stands behind it; `query`: for the whole list at once. */
export const LISTINGS = [
  { list: '/v1/models', one: '/v1/models/', ...openAi },
  { list: '/gateway/openai/v1/models', one: '/gateway/openai/v1/models/', ...openAi },
  { list: '/backend-api/codex/models', ...codex },
  { list: '/v1/models', query: '?client_version=1', one: '/v1/models/', ...codex },
  { list: '/models', ...models },
  { list: '/api/models', ...models },
  { list: '/api/v1/models', one: '/api/v1/model/', ...openAi },
  { list: '/api/v1/models/user', one: '/api/v1/models/', ...openAi },
  { list: '/api/v1/models', one: '/api/v1/models/', end: '/endpoints', ...openAi },
  { list: '/v1/models', query: '?limit=1000', one: '/v1/models/', headers: { 'anthropic-version': '2023-06-01' }, ...openAi },
  { list: '/v1/models', query: '?limit=1000', one: '/v1/models/', headers: { 'anthropic-version': '2026-10-21' }, ...openAi },
  { list: '/gateway/anthropic/v1/models', query: '?limit=1000', one: '/gateway/anthropic/v1/models/', ...openAi },
  { list: '/claude/v1/models', query: '?limit=1000', one: '/claude/v1/models/', ...openAi },
  { list: '/v1beta/models', query: '?pageSize=1000', one: '/v1beta/models/', ...gemini },
  { list: '/v1/models', query: '?pageSize=1000', one: '/v1/models/', headers: { 'x-goog-api-client': 'google-genai-sdk/3.1.0' }, ...gemini },
  { list: '/gateway/gemini/v1beta/models', query: '?pageSize=1000', one: '/gateway/gemini/v1beta/models/', ...gemini },
  { list: '/gemini/v1/models', query: '?pageSize=1000', one: '/gemini/v1/models/', ...gemini },
];

export const CALLS = [
  '/v1/chat/completions', '/gateway/openai/v1/chat/completions', '/v1/messages', '/gateway/anthropic/v1/messages', '/claude/v1/messages',
];

/** The requests that ask whether `slug` may be used, of http.mjs: {label, errors, isCall, request}. */
export function questions(slug, headers) {
  const id = encodeURIComponent(slug);
  return [
    ...LISTINGS.filter(({ one }) => one).map(({ one, end = '', query, errors, headers: own }) => ({
      label: `${one}${id}${end}${query ?? ''} ${JSON.stringify(own ?? {})}`,
      errors,
      request: { path: `${one}${id}${end}${query ?? ''}`, headers: { ...own, ...headers } },
    })),
    ...CALLS.map((path) => ({
      label: `${path} ${slug}`,
      errors: 'openai',
      isCall: true,
      request: { method: 'POST', path, headers, body: JSON.stringify({ model: slug, max_tokens: 1, messages: [] }) },
    })),
  ];
}
