// One headless Chromium for a file of tests, and pages that notice what a person would not: errors
// in the console, what the content security policy refused, requests to anybody but the gateway.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Where pictures of the pages go; nowhere when it is not set. */
const PICTURES = process.env.WEIR_PICTURES;

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-browser-'));
const browser = await chromium.launch({
  executablePath: EXECUTABLE,
  // Root has no sandbox of Chromium's; what is opened is our own pages.
  chromiumSandbox: process.getuid() !== 0,
  args: ['--disable-dev-shm-usage', '--disable-gpu'],
  env: { ...process.env, HOME: home },
});
after(async () => {
  await browser.close();
  fs.rmSync(home, { recursive: true, force: true });
});

/** What the browser is asked to tell of each policy violation, before any script of the page. */
function noteViolations() {
  globalThis.violations = [];
  document.addEventListener('securitypolicyviolation', (event) => {
    globalThis.violations.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`);
  });
}

export class Visit {
  #noted = [];

  /** A browser of its own, with nothing kept from others, looking at `base`. */
  static async start(base, options = {}) {
    const visit = new Visit();
    visit.base = base;
    visit.context = await browser.newContext({ baseURL: base, viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
    visit.context.setDefaultTimeout(20_000);
    visit.hasScript = options.javaScriptEnabled !== false;
    if (visit.hasScript) await visit.context.addInitScript(noteViolations);
    visit.page = await visit.context.newPage();
    visit.#watch();
    return visit;
  }

  #watch() {
    const { page } = this;
    page.on('console', (message) => {
      // A page that asks for a key, or that says what is wrong, has a status that Chromium complains of.
      const isOfPage = /with a status of 40[01] /.test(message.text()) && message.location().url === page.url();
      if (['error', 'warning'].includes(message.type()) && !isOfPage) this.#noted.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.#noted.push(`script: ${error.message}`));
    page.on('dialog', (dialog) => {
      this.#noted.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(`${this.base}/`)) this.#noted.push(`request: ${request.url()}`);
    });
    page.on('requestfailed', (request) => {
      // A page that is left may still have been asking for its icon.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') this.#noted.push(`failed: ${request.url()} ${request.failure()?.errorText}`);
    });
  }

  /** What has been noted since the last time. */
  async takeNoted() {
    const violations = this.hasScript ? await this.page.evaluate(() => globalThis.violations.splice(0)) : [];
    return [...this.#noted.splice(0), ...violations.map((each) => `policy: ${each}`)];
  }

  /** Nothing has happened that should not. */
  async assertQuiet() {
    assert.deepEqual(await this.takeNoted(), []);
  }

  async picture(name) {
    if (PICTURES) await this.page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true });
  }

  async close() {
    await this.context.close();
  }
}

/** A visit for one test, which ends quietly. */
export async function visiting(base, options, body) {
  const visit = await Visit.start(base, options);
  try {
    await body(visit.page, visit);
    await visit.assertQuiet();
  } finally {
    await visit.close();
  }
}

/** Through the form of the page that is open, by its labels as a person finds them. */
export async function fillKey(page, key) {
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** What the page lists: the slugs, from the top. */
export async function slugsOn(page) {
  return page.locator('table.models tbody th code').allTextContents();
}
