// What the pages do beyond links and forms: a theme that is kept, copying, the gateway's URL in the
// examples. All of it stays in this browser.
(() => {
  'use strict';
  const root = document.documentElement;
  const THEME = 'weir.theme';
  const GATEWAY = 'weir.gateway';

  // A browser may forbid its storage; then nothing is kept.
  const kept = {
    get(name) {
      try { return localStorage.getItem(name); } catch { return null; }
    },
    set(name, value) {
      try {
        if (value === null) localStorage.removeItem(name);
        else localStorage.setItem(name, value);
      } catch { /* not kept */ }
    },
  };

  // Before the body is there, so that it never shows in the other theme first.
  const theme = kept.get(THEME);
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;

  const SVG = 'http://www.w3.org/2000/svg';
  const PATHS = {
    copy: 'M6 6V3.5A1.5 1.5 0 0 1 7.5 2h5A1.5 1.5 0 0 1 14 3.5v5A1.5 1.5 0 0 1 12.5 10H10M3.5 6h5A1.5 1.5 0 0 1 10 7.5v5A1.5 1.5 0 0 1 8.5 14h-5A1.5 1.5 0 0 1 2 12.5v-5A1.5 1.5 0 0 1 3.5 6z',
    done: 'M3 8.5l3.2 3.2L13 5',
    theme: 'M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12',
  };

  function icon(name) {
    const svg = document.createElementNS(SVG, 'svg');
    const path = document.createElementNS(SVG, 'path');
    svg.setAttribute('viewBox', '0 0 16 16');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', PATHS[name]);
    svg.append(path);
    return svg;
  }

  function button(className, label, iconName) {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = className;
    made.title = label;
    made.setAttribute('aria-label', label);
    made.append(icon(iconName));
    return made;
  }

  // navigator.clipboard is there on https and on this machine only.
  async function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'sr';
    document.body.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    if (!copied) throw new Error('not copied');
    return undefined;
  }

  function copyButton(what, textOf, said) {
    const made = button('copy', `Copy ${what}`, 'copy');
    made.addEventListener('click', async () => {
      let done = true;
      await copy(textOf()).catch(() => { done = false; });
      said.textContent = done ? `Copied ${what}` : `Could not copy ${what}`;
      if (!done) return;
      made.replaceChildren(icon('done'));
      setTimeout(() => made.replaceChildren(icon('copy')), 1500);
    });
    return made;
  }

  function addCopyButtons() {
    const said = document.createElement('div');
    said.className = 'sr';
    said.setAttribute('role', 'status');
    document.body.append(said);
    for (const code of document.querySelectorAll('.models tbody th code')) {
      code.closest('th').append(copyButton(code.textContent, () => code.textContent, said));
    }
    for (const pre of document.querySelectorAll('pre')) {
      const box = document.createElement('div');
      const caption = pre.closest('figure')?.querySelector('figcaption');
      box.className = 'snippet';
      pre.replaceWith(box);
      box.append(pre, copyButton(caption ? `example: ${caption.textContent}` : 'example', () => pre.textContent, said));
    }
  }

  function addThemeButton() {
    const made = button('theme', 'Switch between light and dark', 'theme');
    made.addEventListener('click', () => {
      const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
      root.dataset.theme = dark ? 'light' : 'dark';
      kept.set(THEME, root.dataset.theme);
    });
    document.querySelector('.account').prepend(made);
  }

  // What can stand in a shell's and in a program's text as it is; null for anything else.
  function gatewayUrl(text) {
    const trimmed = text.trim().replace(/\/+$/, '');
    return /^https?:\/\/[\w.:[\]-]+(\/[\w.~/-]*)?$/i.test(trimmed) && URL.canParse(trimmed) ? trimmed : null;
  }

  function addGateway() {
    const field = document.getElementById('gateway');
    const wrong = document.getElementById('gateway-wrong');
    if (!field) return;
    const show = (url) => {
      for (const place of document.querySelectorAll('.url')) place.textContent = url;
    };
    const take = (text) => {
      const url = gatewayUrl(text);
      field.setAttribute('aria-invalid', url === null);
      wrong.textContent = url === null ? 'This is no http or https URL: the examples keep the one they have.' : '';
      if (url !== null) show(url);
      return url;
    };
    const saved = kept.get(GATEWAY);
    field.value = (saved !== null && gatewayUrl(saved)) || location.origin;
    take(field.value);
    field.addEventListener('input', () => {
      const url = take(field.value);
      if (url !== null) kept.set(GATEWAY, url);
    });
    document.getElementById('gateway-reset').addEventListener('click', () => {
      kept.set(GATEWAY, null);
      field.value = location.origin;
      take(field.value);
      field.focus();
    });
    field.closest('.gateway').hidden = false;
  }

  document.addEventListener('DOMContentLoaded', () => {
    addThemeButton();
    addCopyButtons();
    addGateway();
  });
})();
