// Reading the pages that weir serves: their markup is regular, so that little is enough.

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** Text of an element or attribute as it was before it was escaped. */
export function unescape(html) {
  return html.replace(/&([a-z]+|#\d+);/g, (all, name) => ENTITIES[name] ?? all);
}

/** The text of a piece of markup. */
export function text(html) {
  return unescape(html.replace(/<[^>]*>/g, ''));
}

/** The cells of each row of the table's body, as text. */
export function rows(html) {
  const body = /<tbody>(.*?)<\/tbody>/s.exec(html)?.[1] ?? '';
  return body.split('</tr>').filter((row) => row.includes('<tr>'))
    .map((row) => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map((match) => text(match[1])));
}

/** Where the links lead; `label`: those with that text. */
export function links(html, label) {
  return [...html.matchAll(/<a [^>]*?href="([^"]*)"[^>]*>(.*?)<\/a>/gs)]
    .filter((match) => label === undefined || text(match[2]) === label)
    .map((match) => unescape(match[1]));
}

/** The value of an attribute of the tag that has `mark` in it. */
export function attribute(html, mark, name) {
  const tag = [...html.matchAll(/<[^>]*>/g)].map((match) => match[0]).find((each) => each.includes(mark));
  return unescape(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)[1]);
}

/** The snippets of a page: what runs them, their ids and their texts. */
export function snippets(html) {
  return [...html.matchAll(/<pre ([^>]*)>(.*?)<\/pre>/gs)].map(([, attributes, body]) => ({
    id: /id="([^"]*)"/.exec(attributes)[1],
    run: /data-run="([^"]*)"/.exec(attributes)?.[1],
    text: text(body),
  }));
}
