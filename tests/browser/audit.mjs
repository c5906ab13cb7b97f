// What a page owes to people who do not look at it, who do not use a mouse, or who see little. Each
// check gives back what is wrong, as texts: none is what is wanted.

/** Runs in the page. */
function auditPage() {
  const wrong = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: false });
  const show = (element) => element.outerHTML.replace(/\s+/g, ' ').slice(0, 90);
  const textOf = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim();

  /** What a screen reader says for it: enough of the specification for our own pages. */
  function nameOf(element) {
    const spoken = (node) => (node.nodeType === Node.TEXT_NODE ? node.data
      : node.getAttribute?.('aria-hidden') === 'true' ? '' : [...node.childNodes].map(spoken).join(''));
    return (element.getAttribute('aria-labelledby') && textOf(element.getAttribute('aria-labelledby')))
      || element.getAttribute('aria-label')
      || ('labels' in element && element.labels && [...element.labels].map((label) => label.textContent).join(' ').trim())
      || (element.matches('input') ? '' : spoken(element).trim());
  }

  if (!document.documentElement.lang) wrong.push('no language');
  if (!document.title.trim()) wrong.push('no title');

  for (const element of all('input:not([type=hidden]), select, textarea, button, a[href], summary, [role=img], [tabindex="0"]:not(pre)')) {
    if (isShown(element) && !nameOf(element)) wrong.push(`no name: ${show(element)}`);
  }
  for (const image of all('svg, img')) {
    if (image.getAttribute('aria-hidden') !== 'true' && image.getAttribute('role') !== 'img' && !image.alt && !image.closest('[aria-hidden=true]')) wrong.push(`neither named nor hidden: ${show(image)}`);
  }

  const levels = all('h1, h2, h3, h4, h5, h6').filter(isShown).map((heading) => Number(heading.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) wrong.push(`headings: ${levels}`);
  levels.reduce((before, level) => {
    if (level > before + 1) wrong.push(`a heading is left out: ${levels}`);
    return level;
  }, 0);

  for (const [selector, count] of [['main', 1], ['body > header', 1]]) {
    if (all(selector).length !== count) wrong.push(`${all(selector).length} × ${selector}`);
  }
  for (const landmark of all('nav, section')) {
    const isNamed = landmark.hasAttribute('aria-label') || landmark.hasAttribute('aria-labelledby');
    if (landmark.matches('nav') && !isNamed) wrong.push(`no name: ${show(landmark)}`);
  }
  for (const element of document.body.children) {
    if (!element.matches('header, main, footer, a.skip, [role=status], script')) wrong.push(`in no landmark: ${show(element)}`);
  }

  const ids = all('[id]').map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`id twice: ${id}`);
  for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for']) {
    for (const element of all(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(/\s+/)) if (!document.getElementById(id)) wrong.push(`${attribute} of nothing: ${show(element)}`);
    }
  }
  for (const link of all('a[href^="#"]')) if (!document.querySelector(link.getAttribute('href'))) wrong.push(`leads nowhere: ${show(link)}`);
  for (const head of all('th')) if (!head.hasAttribute('scope')) wrong.push(`no scope: ${show(head)}`);
  for (const table of all('table')) if (!table.caption) wrong.push('a table without a caption');
  for (const element of all('[tabindex]')) if (element.tabIndex > 0) wrong.push(`an order of its own: ${show(element)}`);

  // WCAG 2.2, 2.5.8: what is not inside a line of text can be hit.
  for (const element of all('button, input:not([type=hidden]), summary')) {
    const { width, height } = element.getBoundingClientRect();
    if (isShown(element) && (width < 24 || height < 24)) wrong.push(`small, ${width} × ${height}: ${show(element)}`);
  }
  // 1.4.10: nothing to scroll to the side, but inside of examples.
  const { scrollWidth, clientWidth } = document.scrollingElement;
  if (scrollWidth > clientWidth) {
    const widest = all('body *').filter((element) => element.getBoundingClientRect().right > clientWidth + 1 && !element.closest('pre') && !element.closest('.sr'));
    wrong.push(`wider than the window, ${scrollWidth} > ${clientWidth}: ${widest.slice(0, 3).map(show).join(' ')}`);
  }
  return wrong;
}

/** Runs in the page: texts, placeholders and edges of controls that are too weak (WCAG 1.4.3, 1.4.11). */
function auditContrast() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  /** [red, green, blue, alpha] of any colour that CSS knows. */
  function parse(colour) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const chain = (element) => (element ? [...chain(element.parentElement), element] : []);
  /** What lies behind what an element shows. */
  function groundOf(element) {
    const canvasColour = parse(getComputedStyle(document.documentElement).colorScheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)').matches ? '#121212' : '#fff');
    return chain(element).reduce((ground, each) => over(parse(getComputedStyle(each).backgroundColor), ground), canvasColour);
  }
  const opacityOf = (element) => chain(element).reduce((opacity, each) => opacity * Number(getComputedStyle(each).opacity), 1);
  const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  function ratio(ink, ground) {
    const [high, low] = [light(over(ink, ground)), light(ground)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  }

  const wrong = [];
  let texts = 0;
  function check(what, colour, element, needed) {
    const [r, g, b, a] = parse(colour);
    const found = ratio([r, g, b, a * opacityOf(element)], groundOf(element));
    if (found < needed) wrong.push(`${found.toFixed(2)} < ${needed}: ${what}`);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility({ visibilityProperty: true }) || element.closest('.sr, svg, script')) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const size = parseFloat(fontSize);
    texts++;
    check(`“${node.data.trim().slice(0, 40)}”`, color, element, size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700) ? 3 : 4.5);
  }
  for (const field of document.querySelectorAll('input:not([type=hidden])')) {
    if (!field.checkVisibility()) continue;
    if (field.placeholder) check(`placeholder “${field.placeholder}”`, getComputedStyle(field, '::placeholder').color, field, 4.5);
    check(`text in ${field.id}`, getComputedStyle(field).color, field, 4.5);
    check(`edge of ${field.id}`, getComputedStyle(field).borderTopColor, field.parentElement, 3);
  }
  if (texts === 0) wrong.push('no text was looked at');
  return wrong;
}

/** All that is wrong with the page that is open. */
export async function audit(page) {
  return [...await page.evaluate(auditPage), ...await page.evaluate(auditContrast)];
}

/** Runs in the page: what has the focus now, and whether one can see that. */
function describeFocus() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    what: (element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent).trim().replace(/\s+/g, ' ').slice(0, 60),
    tag: element.tagName.toLowerCase(),
    order: [...document.querySelectorAll('*')].indexOf(element),
    isVisible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    isInView: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}

/** Everything that Tab reaches, from the top of the page to its end. */
export async function tabThrough(page, most = 400) {
  const reached = [];
  await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
  for (let n = 0; n < most; n++) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(describeFocus);
    if (focus === null || (reached.length > 0 && focus.order === reached[0].order)) return reached;
    reached.push(focus);
  }
  throw new Error(`Tab never comes to an end: ${reached.slice(-5).map((each) => each.what)}`);
}
