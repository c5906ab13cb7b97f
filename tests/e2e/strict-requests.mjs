// What a client may send that is not quite HTTP, and what is: one row a case. Each row's bytes go
// to a connection with a further request behind them, so that whatever is left over of the first
// would show as the beginning of the second. Sources: RFC 9110, RFC 9112, and the advisories of
// llhttp, HAProxy, nginx and of the desynchronisation papers.
import { KEYS } from './fixture.mjs';

export const BODY = '{"model":"Zebra"}'; // 17 bytes: 0x11
const KEY = `x-api-key: ${KEYS.all}\r\n`;

const get = (fields = '', line = 'GET /v1/models HTTP/1.1') => `${line}\r\nHost: x\r\n${KEY}${fields}\r\n`;
const at = (target, method = 'GET') => get('', `${method} ${target} HTTP/1.1`);
const withHost = (value) => `GET /v1/models HTTP/1.1\r\nHost: ${value}\r\n${KEY}\r\n`;
const post = (fields, body = BODY) => `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n${KEY}${fields}\r\n${body}`;
const length = (value) => post(`Content-Length:${value}\r\n`);
const coded = (value, body = `11\r\n${BODY}\r\n0\r\n\r\n`) => post(`Transfer-Encoding:${value}\r\n`, body);
const chunks = (body) => post('Transfer-Encoding: chunked\r\n', body);
const credentials = (fields, query = '') => `GET /v1/models${query} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;

/**
 * Answered once with an error, and closed: what follows is not looked at. `early`: nothing says
 * which route was meant, so that the error is in OpenAI's form on every route.
 */
const refused = (name, bytes, status = 400, { early = false } = {}) => ({ name, bytes, statuses: [status], closes: true, early });
const early = (name, bytes, status = 400) => refused(name, bytes, status, { early: true });

/** Answered, by these statuses in this order, and what follows is answered too. */
const taken = (name, bytes, ...statuses) => ({ name, bytes, statuses: statuses.length ? statuses : [200], closes: false });

/** Understood and answered, and then closed. */
const closing = (name, bytes, ...statuses) => ({ ...taken(name, bytes, ...statuses), closes: true });

const LINES = [
  refused('lines that end in LF', 'GET /v1/models HTTP/1.1\nHost: x\n\n'),
  refused('one field that ends in LF', `GET /v1/models HTTP/1.1\r\nHost: x\n${KEY}\r\n`),
  refused('an empty line that ends in LF', `GET /v1/models HTTP/1.1\r\nHost: x\r\n${KEY}\n`),
  refused('LF LF at the end', `GET /v1/models HTTP/1.1\r\nHost: x\r\n${KEY.trimEnd()}\n\n`),
  refused('lines that end in CR', 'GET /v1/models HTTP/1.1\rHost: x\r\r'),
  refused('a CR alone in a value', get('a: b\rc\r\n')),
  refused('a CR alone before a name', get('\ra: b\r\n')),
  refused('a field behind a CR alone', get('a: b\rTransfer-Encoding: chunked\r\n')),
  refused('CR CR LF', get('a: b\r\r\n')),
  refused('LF CR', get('a: b\n\r')),
  refused('CR LF CR and a letter', `GET /v1/models HTTP/1.1\r\nHost: x\r\n${KEY}\rX`),
  refused('an LF in a value', get('a: b\nc: d\r\n')),
  refused('a NUL in a value', get('a: b\0c\r\n')),
  refused('a NUL at the end of a value', get('a: b\0\r\n')),
  refused('a DEL in a value', get('a: b\x7fc\r\n')),
  refused('a control character in a value', get('a: b\x01c\r\n')),
  refused('a vertical tab in a value', get('a: b\vc\r\n')),
  refused('a form feed before a value', get('a:\fb\r\n')),
  refused('an ESC in a value', get('a: \x1b[0m\r\n')),
  refused('a folded field', get('a: b\r\n c\r\n')),
  refused('a folded field with a tab', get('a: b\r\n\tc: d\r\n')),
  refused('a folded field that hides a coding', get('a: b\r\n Transfer-Encoding: chunked\r\n')),
  refused('a folded length', post('Content-Length:\r\n 17\r\n')),
  refused('a folded coding', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n')),
  early('two empty lines before the request', `\r\n\r\n${get()}`),
  early('an LF before the request', `\n${get()}`),
  early('a CR before the request', `\r${get()}`),
  early('a blank before the request', ` ${get()}`),
  early('a NUL before the request', `\0${get()}`),
  early('a byte-order mark before the request', `\ufeff${get()}`),
  taken('an empty line before the request', `\r\n${get()}`),
];

const NAMES = [
  refused('an empty name', get(': b\r\n')),
  refused('an empty name before a length', post(': b\r\nContent-Length: 17\r\n')),
  refused('a blank for a name', get(' : b\r\n')),
  refused('a blank before the colon', get('a : b\r\n')),
  refused('a tab before the colon', get('a\t: b\r\n')),
  refused('a blank before the colon of a length', post('Content-Length : 17\r\n')),
  refused('a blank before the colon of a coding', post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n')),
  refused('a blank before the colon of Host', `GET /v1/models HTTP/1.1\r\nHost : x\r\n${KEY}\r\n`),
  refused('a blank before the first name', `GET /v1/models HTTP/1.1\r\n Host: x\r\n${KEY}\r\n`),
  refused('a name with a blank', get('a b: c\r\n')),
  refused('a name with a control character', get('a\x01: b\r\n')),
  refused('a name with a NUL', get('a\0b: c\r\n')),
  refused('a coding with a NUL in its name', post('Transfer-Encoding\0: chunked\r\n', '0\r\n\r\n')),
  refused('a name that is no token', get('a(b): c\r\n')),
  refused('a name in quotes', get('"a": c\r\n')),
  refused('a name in UTF-8', get('ä: c\r\n')),
  refused('a field without a colon', get('abc\r\n')),
  refused('a request for a field', get('GET /v1/models HTTP/1.1\r\n')),
  taken('names in any case', `GET /v1/models HTTP/1.1\r\nhOsT: x\r\nX-API-KEY: ${KEYS.all}\r\n\r\n`),
  taken('names with all token characters', get("!#$%&'*+-.^_`|~09azAZ: x\r\n")),
  taken('no blank behind the colon', `GET /v1/models HTTP/1.1\r\nHost:x\r\nx-api-key:${KEYS.all}\r\n\r\n`),
  taken('blanks and tabs around a value', `GET /v1/models HTTP/1.1\r\nHost: \t x \t\r\nx-api-key: \t${KEYS.all} \t\r\n\r\n`),
  taken('an empty value', get('a:\r\n')),
  taken('bytes beyond ASCII in a value', get('a: ä\r\n')),
  taken('a name of 300 bytes that begins like a length', post(`Content-Length0${'a'.repeat(285)}:\r\nContent-Length: 17\r\n`)),
  // A name that somebody takes for a length: here it is none, so that the body is a request.
  closing('Content_Length', post('Content_Length: 17\r\n'), 400, 400),
  closing('Transfer_Encoding', post('Transfer_Encoding: chunked\r\n'), 400, 400),
  closing('X-Content-Length', post('X-Content-Length: 17\r\n'), 400, 400),
];

const HOSTS = [
  refused('no Host', `GET /v1/models HTTP/1.1\r\n${KEY}\r\n`),
  refused('no Host, but an absolute target', `GET http://x/v1/models HTTP/1.1\r\n${KEY}\r\n`),
  refused('two Hosts', get('Host: y\r\n')),
  refused('two equal Hosts', get('host: x\r\n')),
  refused('two Hosts in HTTP/1.0', get('Host: y\r\n', 'GET /v1/models HTTP/1.0')),
  refused('a Host with a comma', withHost('a, b')),
  refused('a Host with a blank', withHost('a b')),
  refused('a Host with an @', withHost('a@b')),
  refused('a Host with a path', withHost('a/b')),
  refused('a Host with a query', withHost('a?b')),
  refused('a Host with a fragment', withHost('a#b')),
  refused('a Host with a backslash', withHost('a\\b')),
  refused('a Host with a quote', withHost('"a"')),
  refused('a Host beyond ASCII', withHost('ä')),
  taken('an empty Host', withHost('')),
  taken('a Host that is an address with a port', withHost('[::1]:8080')),
  taken('a Host that is an admin name', withHost('localhost')),
  taken('X-Forwarded-Host beside Host', get('X-Forwarded-Host: admin\r\n')),
];

const REQUEST_LINES = [
  early('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505),
  refused('HTTP/2.0', get('', 'GET /v1/models HTTP/2.0'), 505),
  refused('HTTP/1.2', get('', 'GET /v1/models HTTP/1.2'), 505),
  refused('HTTP/0.9 that is named', get('', 'GET /v1/models HTTP/0.9'), 505),
  early('HTTP/0.9', 'GET /v1/models\r\n\r\n'),
  early('HTTP/0.9 and a blank line', 'GET /v1/models\r\n'),
  refused('http/1.1', get('', 'GET /v1/models http/1.1')),
  refused('HTTP/1.1 with a digit more', get('', 'GET /v1/models HTTP/1.10')),
  refused('HTTP/1,1', get('', 'GET /v1/models HTTP/1,1')),
  refused('HTTP/+1.1', get('', 'GET /v1/models HTTP/+1.1')),
  refused('HTTP/1.', get('', 'GET /v1/models HTTP/1.')),
  refused('ICE/1.1', get('', 'GET /v1/models ICE/1.1')),
  early('two blanks', get('', 'GET  /v1/models HTTP/1.1')),
  refused('two blanks before the version', get('', 'GET /v1/models  HTTP/1.1')),
  early('a tab for a blank', get('', 'GET\t/v1/models HTTP/1.1')),
  refused('a blank at the end', get('', 'GET /v1/models HTTP/1.1 ')),
  refused('a request line in the request line', get('', 'GET /v1/models HTTP/1.1 HTTP/1.1')),
  early('a status line', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
  early('a TLS handshake', Buffer.from('1603010200010001fc0303', 'hex')),
  early('another protocol', 'SSH-2.0-x\r\n\r\n'),
  early('a body alone', BODY),
];

const METHODS = [
  refused('get', at('/v1/models', 'get'), 501),
  refused('Post', at('/v1/models', 'Post'), 501),
  refused('GETS', at('/v1/models', 'GETS'), 501),
  refused('an unknown method', at('/v1/models', 'BREW'), 501),
  refused('an unknown method with a body', post('Content-Length: 17\r\n').replace('POST', 'BREW'), 501),
  refused('a method of WebDAV', at('/v1/models', 'PROPFIND'), 501),
  refused('PRI in HTTP/1.1', at('/v1/models', 'PRI'), 501),
  early('a method of 33 bytes', at('/v1/models', 'A'.repeat(33)), 501),
  early('a method that is no token', at('/v1/models', 'G@T')),
  early('a method with a NUL', at('/v1/models', 'G\0T')),
  early('a method in UTF-8', at('/v1/models', 'GËT')),
  early('no method', at('/v1/models', '')),
  taken('PUT', at('/v1/models', 'PUT'), 405),
  taken('TRACE', at('/v1/models', 'TRACE'), 405),
  taken('OPTIONS', at('/v1/models', 'OPTIONS'), 405),
  taken('DELETE with a body', get('Content-Length: 3\r\n', 'DELETE /v1/models HTTP/1.1') + 'abc', 405),
  taken('GET where POST belongs', at('/v1/chat/completions'), 405),
  taken('POST where GET belongs', post('Content-Length: 17\r\n').replace('/v1/chat/completions', '/v1/models'), 405),
];

const TARGETS = [
  early('an empty target', get('', 'GET  HTTP/1.1')),
  refused('a blank in the target', get('', 'GET /v1/models x HTTP/1.1')),
  early('a tab in the target', at('/v1/\tmodels')),
  early('a NUL in the target', at('/v1/models\0')),
  early('a DEL in the target', at('/v1/models\x7f')),
  early('a CR in the target', at('/v1/models\rx')),
  early('an LF in the target', at('/v1/models\nx')),
  early('a fragment', at('/v1/models#x')),
  early('a target in UTF-8', at('/v1/modéls')),
  early('a path without its slash', at('v1/models')),
  early('a scheme without an authority', at('http:/v1/models')),
  refused('a scheme without anything', at('http://')),
  refused('an empty authority', at('http:///v1/models')),
  refused('an authority with a user', at('http://user:secret@somewhere.test/v1/models')),
  refused('an authority with a fragment of a user', at('http://somewhere.test@/v1/models')),
  refused('another scheme', at('ftp://somewhere.test/v1/models')),
  refused('a scheme with a letter more', at('xhttp://somewhere.test/v1/models')),
  refused('the authority form of GET', at('x:443')),
  refused('the asterisk form of GET', at('*')),
  refused('CONNECT with a path', at('/v1/models', 'CONNECT')),
  refused('CONNECT with an absolute target', at('http://somewhere.test/v1/models', 'CONNECT')),
  taken('the absolute form', at('http://somewhere.test/v1/models')),
  taken('the absolute form with a port and a query', at('https://somewhere.test:8443/v1/models?a=b')),
  taken('the absolute form in capitals', at('HTTP://SOMEWHERE.test/v1/models')),
  taken('the absolute form without a path', at('http://somewhere.test'), 303),
  taken('the asterisk form', at('*', 'OPTIONS'), 404),
  taken('CONNECT', at('x:443', 'CONNECT'), 404),
  taken('CONNECT with a body', get('Content-Length: 3\r\n', 'CONNECT x:443 HTTP/1.1') + 'abc', 404),
  taken('a query that means nothing', at('/v1/models?a=b&c')),
  taken('a query with a slash and a question mark', at('/v1/models?/v1/messages?')),
  taken('%00 in the path', at('/v1/models%00'), 404),
  taken('%00 in an id', at('/v1/models/%00'), 400),
  taken('%2e%2e in the path', at('/v1/%2e%2e/v1/models'), 404),
  taken('.. in the path', at('/v1/../v1/models'), 404),
  taken('.. in an id', at('/v1/models/../models'), 404),
  taken('. in the path', at('/v1/./models'), 404),
  taken('two slashes', at('//v1/models'), 404),
  taken('a slash at the end', at('/v1/models/'), 404),
  taken('a backslash', at('/v1\\models'), 404),
  taken('a semicolon', at('/v1/models;x'), 404),
  taken('an encoded letter', at('/v1/%6dodels'), 404),
  taken('an encoded slash', at('/v1%2fmodels'), 404),
  taken('half an escape', at('/v1/models/%'), 400),
  taken('an escape that is none', at('/v1/models/%zz'), 400),
  taken('another case', at('/V1/models'), 404),
];

const LENGTHS = [
  refused('two lengths', post('Content-Length: 17\r\nContent-Length: 5\r\n')),
  refused('two equal lengths', post('Content-Length: 17\r\ncontent-length: 17\r\n')),
  refused('two lengths that are no neighbours', post('Content-Length: 17\r\na: b\r\nContent-Length: 0\r\n')),
  refused('two lengths of zero', get('Content-Length: 0\r\nContent-Length: 0\r\n')),
  refused('a list of lengths', length(' 17, 17')),
  refused('a negative length', length(' -17')),
  refused('a length with a plus', length(' +17')),
  refused('a hex length', length(' 0x11')),
  refused('a length with an underscore', length(' 1_7')),
  refused('a length with a fraction', length(' 17.0')),
  refused('a length with an exponent', length(' 17e0')),
  refused('a length with a blank inside', length(' 1 7')),
  refused('a length in quotes', length(' "17"')),
  refused('a length with a semicolon', length(' 17;')),
  refused('a length in other digits', length(' １７')),
  refused('a tab before a length', length('\t17')),
  refused('a tab behind a length', length(' 17\t')),
  refused('a vertical tab before a length', length('\v17')),
  refused('a NUL behind a length', length(' 17\0')),
  refused('a CR behind a length', length(' 17\r')),
  refused('an empty length', length(' ')),
  refused('a length that is a word', length(' chunked')),
  refused('a length of 19 digits', length(' 1000000000000000000')),
  refused('a length of 30 digits', length(` ${'0'.repeat(28)}17`)),
  refused('a length that is 17 modulo 2^64', length(' 18446744073709551633')),
  refused('a length that is 17 modulo 2^32, in chunks too', post('Content-Length: 4294967313\r\nTransfer-Encoding: chunked\r\n')),
  refused('a length beyond the bound', length(' 999999999999999999'), 413),
  taken('a length with leading zeros', length(' 000000000000000017')),
  taken('a length without a blank', length('17')),
  taken('a length with blanks around it', length('   17   ')),
  taken('a POST without a length', post('', ''), 400),
  taken('a POST of no bytes', post('Content-Length: 0\r\n', ''), 400),
];

const CODINGS = [
  refused('a length and a coding', post('Content-Length: 17\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')),
  refused('a coding and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 0\r\n', '0\r\n\r\n')),
  refused('a length and a coding that is unknown', post('Content-Length: 17\r\nTransfer-Encoding: x\r\n')),
  refused('a length and a coding that is empty', post('Content-Length: 17\r\nTransfer-Encoding:\r\n')),
  refused('a coding between fields, and a length', post('Transfer-Encoding: chunked\r\na: b\r\nContent-Length: 17\r\n')),
  refused('gzip, chunked', coded(' gzip, chunked')),
  refused('gzip', coded(' gzip')),
  refused('chunked, identity', coded(' chunked, identity')),
  refused('identity, chunked', coded(' identity, chunked')),
  refused('chunked, chunked', coded(' chunked, chunked')),
  refused('chunked twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')),
  refused('chunked, then identity', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', '0\r\n\r\n')),
  refused('identity, then chunked', post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')),
  refused('identity', coded(' identity')),
  refused('xchunked', coded(' xchunked')),
  refused('chunkedx', coded(' chunkedx')),
  refused('chunke', coded(' chunke')),
  refused('chunked and a comma', coded(' chunked,')),
  refused('a comma and chunked', coded(' ,chunked')),
  refused('chunked in quotes', coded(' "chunked"')),
  refused('chunked with a parameter', coded(' chunked;x=1')),
  refused('chunked behind a tab', coded('\tchunked')),
  refused('chunked before a tab', coded(' chunked\t')),
  refused('chunked behind a vertical tab', coded('\vchunked')),
  refused('chunked behind a NUL', coded('\0chunked')),
  refused('chunked behind a no-break space', coded(Buffer.from('\u00a0').toString('latin1') + 'chunked')),
  refused('chunked with a Kelvin sign', coded(' chun\u212aed')),
  refused('an empty coding', coded('')),
  refused('chunked in HTTP/1.0', coded(' chunked').replace('HTTP/1.1', 'HTTP/1.0')),
  taken('Chunked', coded(' Chunked')),
  taken('chunked without a blank', coded('chunked')),
  taken('TE: trailers', post('TE: trailers\r\nContent-Length: 17\r\n')),
  taken('Content-Encoding says nothing of the framing', post('Content-Encoding: chunked\r\nContent-Length: 17\r\n')),
];

const CHUNKS = [
  refused('a chunk extension', chunks(`11;x=1\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('an empty chunk extension', chunks(`11;\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk extension that ends in LF', chunks(`11;x\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk extension with a CR', chunks(`11;\rx\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('an extension of the last chunk', chunks(`11\r\n${BODY}\r\n0;x\r\n\r\n`)),
  refused('a blank behind a chunk size', chunks(`11 \r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a tab behind a chunk size', chunks(`11\t\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a blank before a chunk size', chunks(` 11\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a line before a chunk size', chunks(`\r\n11\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk size of nine digits', chunks(`000000011\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk size that is 17 modulo 2^32', chunks(`100000011\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk size that is 17 modulo 2^64', chunks(`10000000000000011\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk size of -1 as 64 bits', chunks(`ffffffffffffffff\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk size beyond the bound', chunks(`ffffffff\r\n${' '.repeat(70_000)}`), 413),
  refused('a chunk size that is none', chunks(`xyz\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('an empty chunk size', chunks(`\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a negative chunk size', chunks(`-11\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk size with a plus', chunks(`+11\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk size with an underscore', chunks(`1_1\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('0x before a chunk size', chunks(`0x11\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk size that ends in LF', chunks(`11\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk size that ends in CR', chunks(`11\r${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk size that ends in a NUL', chunks(`11\0\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk longer than its size', chunks(`10\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk shorter than its size', chunks(`12\r\n${BODY}\r\n0\r\n\r\n`)),
  refused('a chunk without its CRLF', chunks(`11\r\n${BODY}0\r\n\r\n`)),
  refused('a chunk that ends in LF', chunks(`11\r\n${BODY}\n0\r\n\r\n`)),
  refused('a chunk that ends in CR', chunks(`11\r\n${BODY}\r0\r\n\r\n`)),
  refused('a chunk that ends in two other bytes', chunks(`11\r\n${BODY}XX0\r\n\r\n`)),
  refused('a last chunk that ends in LF', chunks(`11\r\n${BODY}\r\n0\n\n`)),
  refused('a last line that ends in LF', chunks(`11\r\n${BODY}\r\n0\r\n\n`)),
  refused('a last chunk without its empty line', chunks(`11\r\n${BODY}\r\n0\r\n`)),
  refused('trailers', chunks(`11\r\n${BODY}\r\n0\r\nx: y\r\n\r\n`)),
  refused('a length in the trailers', chunks(`11\r\n${BODY}\r\n0\r\nContent-Length: 5\r\n\r\n`)),
  refused('a credential in the trailers', chunks(`11\r\n${BODY}\r\n0\r\n${KEY}\r\n`)),
  taken('chunk sizes with zeros and in both cases', chunks(`0000000A\r\n${BODY.slice(0, 10)}\r\n7\r\n${BODY.slice(10)}\r\n000\r\n\r\n`)),
  taken('a chunk a byte', chunks(`${[...BODY].map((c) => `1\r\n${c}\r\n`).join('')}0\r\n\r\n`)),
  taken('no chunk but the last', chunks('0\r\n\r\n'), 400),
];

const BOUNDS = [
  refused('a value beyond limits.head_bytes', get(`a: ${'b'.repeat(33_000)}\r\n`), 431),
  refused('a name beyond it', get(`${'b'.repeat(33_000)}: a\r\n`), 431),
  refused('many fields beyond it', get(`a: ${'b'.repeat(4000)}\r\n`.repeat(9)), 431),
  refused('blanks beyond it', get(`a:${' '.repeat(33_000)}b\r\n`), 431),
  early('a target of 9,000 bytes', at(`/v1/models?x=${'y'.repeat(9000)}`), 414),
  early('a target of 40,000 bytes', at(`/${'y'.repeat(40_000)}`), 414),
  refused('ninety-seven fields', get('a: b\r\n'.repeat(95)), 431),
  refused('a thousand fields', get('a: b\r\n'.repeat(1000)), 431),
  refused('empty fields without end', get('a:\r\n'.repeat(5000)), 431),
  taken('ninety-six fields', get('a: b\r\n'.repeat(94))),
  taken('a target of 8,000 bytes', at(`/v1/models?x=${'y'.repeat(7980)}`)),
  taken('a head of 32,000 bytes', get(`a: ${'b'.repeat(31_800)}\r\n`)),
];

const NEEDLESS_BODIES = [
  closing('a body of GET', get('Content-Length: 3\r\n') + 'abc'),
  closing('a body of GET that is a request', get(`Content-Length: ${get().length}\r\n`) + get()),
  closing('a body of GET that is the following request', get('Content-Length: 50\r\n')),
  closing('a body of GET in chunks', `${get('Transfer-Encoding: chunked\r\n')}3\r\nabc\r\n0\r\n\r\n`),
  closing('a body of GET in chunks that are none', `${get('Transfer-Encoding: chunked\r\n')}xyz`),
  { ...closing('a body of HEAD', get('Content-Length: 3\r\n', 'HEAD /v1/models HTTP/1.1') + 'abc'), methods: ['HEAD'] },
  closing('a body of GET that is expected', get('Expect: 100-continue\r\nContent-Length: 3\r\n')),
  taken('a GET of no bytes', get('Content-Length: 0\r\n')),
];

const EXPECTATIONS = [
  refused('another expectation', post('Expect: 200-ok\r\nContent-Length: 17\r\n'), 417),
  refused('an expectation beside another', post('Expect: 100-continue, 200-ok\r\nContent-Length: 17\r\n'), 417),
  refused('an expectation twice in a list', post('Expect: 100-continue, 100-continue\r\nContent-Length: 17\r\n'), 417),
  refused('an expectation and another', post('Expect: 100-continue\r\nExpect: x\r\nContent-Length: 17\r\n'), 417),
  refused('a word before an expectation', post('Expect: y 100-continue\r\nContent-Length: 17\r\n'), 417),
  refused('an expectation with a value', post('Expect: 100-continue=1\r\nContent-Length: 17\r\n'), 417),
  refused('an empty expectation', post('Expect:\r\nContent-Length: 17\r\n'), 417),
  refused('an expectation of a GET', get('Expect: 200-ok\r\n'), 417),
  taken('an expectation with its body', post('Expect: 100-continue\r\nContent-Length: 17\r\n')),
  taken('an expectation in capitals', post('EXPECT: 100-CONTINUE\r\nContent-Length: 17\r\n')),
  taken('an expectation said twice', post('Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 17\r\n')),
  taken('an expectation of chunks', post('Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n', `11\r\n${BODY}\r\n0\r\n\r\n`)),
  taken('an expectation of no body', get('Expect: 100-continue\r\n')),
  // Whether the body comes after a refusal is not known: the connection cannot go on.
  closing('an expectation that is refused', post('Expect: 100-continue\r\nContent-Length: 17\r\n').replace(KEYS.all, KEYS.expired), 401),
  closing('an expectation of a body beyond the bound', post('Expect: 100-continue\r\nContent-Length: 65537\r\n', ''), 413),
  closing('an expectation at no route', post('Expect: 100-continue\r\nContent-Length: 17\r\n').replace('/v1/chat/completions', '/v1/chat'), 404),
];

const CONNECTIONS = [
  closing('Connection: close', get('Connection: close\r\n')),
  closing('Connection: CLOSE', get('connection: CLOSE\r\n')),
  closing('Connection: close before a tab', get('Connection: close\t\r\n')),
  closing('Connection: keep-alive, close', get('Connection: keep-alive, close\r\n')),
  closing('Connection: close, keep-alive', get('Connection: close, keep-alive\r\n')),
  closing('Connection: close in a second field', get('Connection: keep-alive\r\nConnection: close\r\n')),
  closing('Connection: close of a call', post('Connection: close\r\nContent-Length: 17\r\n')),
  closing('Connection: close of an error', at('/nowhere').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'), 404),
  closing('HTTP/1.0', get('', 'GET /v1/models HTTP/1.0')),
  closing('HTTP/1.0 without a Host', `GET /v1/models HTTP/1.0\r\n${KEY}\r\n`),
  taken('HTTP/1.0 that asks to be kept', get('Connection: keep-alive\r\n', 'GET /v1/models HTTP/1.0')),
  taken('Connection: keep-alive', get('Connection: keep-alive\r\n')),
  taken('Connection: closed', get('Connection: closed, x close\r\n')),
  taken('an empty Connection', get('Connection:\r\n')),
  taken('Proxy-Connection: close', get('Proxy-Connection: close\r\n')),
  taken('Connection that names the length', post('Connection: content-length\r\nContent-Length: 17\r\n')),
  taken('Connection that names the coding', post('Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n', `11\r\n${BODY}\r\n0\r\n\r\n`)),
  taken('Connection that names the credential', get('Connection: x-api-key\r\n')),
  taken('Keep-Alive', get('Keep-Alive: timeout=0, max=0\r\n')),
  taken('Upgrade: h2c', get('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n')),
  taken('Upgrade: websocket', get('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n')),
  taken('Upgrade with a body', post('Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 17\r\n')),
];

const { all, some, none, disabled, expired } = KEYS;
const CREDENTIALS = [
  taken('no credential', credentials(''), 401),
  taken('Authorization: Bearer', credentials(`Authorization: Bearer ${all}\r\n`)),
  taken('Authorization: BEARER', credentials(`Authorization: BEARER  ${all}\r\n`)),
  taken('api-key', credentials(`api-key: ${all}\r\n`)),
  taken('x-goog-api-key', credentials(`x-goog-api-key: ${all}\r\n`)),
  taken('?key=', credentials('', `?key=${all}`)),
  taken('the same credential in every place', credentials(`Authorization: Bearer ${all}\r\nx-api-key: ${all}\r\nx-goog-api-key: ${all}\r\napi-key: ${all}\r\n`, `?key=${all}`)),
  taken('the same credential twice in one field', credentials(`x-api-key: ${all}\r\nX-Api-Key: ${all}\r\n`)),
  taken('two good credentials in two fields', credentials(`Authorization: Bearer ${all}\r\nx-api-key: ${some}\r\n`), 401),
  taken('two good credentials in one field', credentials(`x-api-key: ${all}\r\nx-api-key: ${some}\r\n`), 401),
  taken('two good credentials as a list', credentials(`x-api-key: ${all}, ${some}\r\n`), 401),
  taken('a good credential and a disabled one', credentials(`x-api-key: ${all}\r\napi-key: ${disabled}\r\n`), 401),
  taken('a good credential and one in the query', credentials(`x-api-key: ${all}\r\n`, `?key=${none}`), 401),
  taken('two credentials in the query', credentials('', `?key=${all}&key=${some}`), 401),
  taken('a good credential behind an unknown scheme', credentials(`Authorization: Basic ${all}\r\nx-api-key: ${all}\r\n`), 401),
  taken('Bearer without a credential', credentials('Authorization: Bearer\r\n'), 401),
  taken('a credential without its scheme', credentials(`Authorization: ${all}\r\n`), 401),
  taken('an empty credential', credentials('x-api-key:\r\n'), 401),
  taken('a disabled credential', credentials(`x-api-key: ${disabled}\r\n`), 401),
  taken('an expired credential', credentials(`x-api-key: ${expired}\r\n`), 401),
  taken('a credential with a letter more', credentials(`x-api-key: ${all}x\r\n`), 401),
  taken('a credential with a letter less', credentials(`x-api-key: ${all.slice(0, -1)}\r\n`), 401),
  taken('a credential of 8,000 bytes', credentials(`x-api-key: ${'x'.repeat(8000)}\r\n`), 401),
  taken('a statement for a credential', credentials("Authorization: Bearer ' OR 1=1 --\r\n"), 401),
  taken('a call with a wrong credential and its body', post('Content-Length: 17\r\n').replace(all, `${all}x`), 401),
  taken('a call with two credentials and its body', post(`Authorization: Bearer ${some}\r\nContent-Length: 17\r\n`), 401),
];

const PIPELINES = [
  taken('three requests', get().repeat(3), 200, 200, 200),
  taken('calls and listings in turns', (post('Content-Length: 17\r\n') + get()).repeat(3), 200, 200, 200, 200, 200, 200),
  taken('errors between answers', get() + at('/nowhere') + at('/v1/models', 'PUT') + get(), 200, 404, 405, 200),
  taken('an empty line behind a body', `${post('Content-Length: 17\r\n')}\r\n${get()}`, 200, 200),
  { ...taken('HEAD between GETs', get() + at('/v1/models', 'HEAD') + get(), 200, 200, 200), methods: ['GET', 'HEAD', 'GET'] },
  closing('what follows Connection: close', get() + get('Connection: close\r\n') + get(), 200, 200),
  closing('what follows a bad request', get() + get('a : b\r\n') + get(), 200, 400),
  closing('what follows a bad chunk', get() + chunks('xyz\r\n') + get(), 200, 400),
  closing('a body beyond its length', post('Content-Length: 16\r\n'), 400, 400),
];

export const ROWS = [
  LINES, NAMES, HOSTS, REQUEST_LINES, METHODS, TARGETS, LENGTHS, CODINGS, CHUNKS, BOUNDS,
  NEEDLESS_BODIES, EXPECTATIONS, CONNECTIONS, CREDENTIALS, PIPELINES,
].flat();

/**
 * The same row for `/v1/messages`, with an error's form that is Anthropic's; undefined for a row
 * that is about another route. `Claud` is a model of that protocol, and as long as `Zebra`.
 */
export function inAnthropic(row) {
  if (Buffer.isBuffer(row.bytes) || row.statuses.length > 1) return undefined;
  const isRefused = row.closes && row.statuses[0] >= 400;
  const calls = row.bytes.includes('/v1/chat/completions ');
  if (calls && row.statuses[0] === 200 && !row.bytes.includes('Zebra')) return undefined;
  if (!calls && !(isRefused && row.bytes.includes('/v1/models'))) return undefined;
  return {
    ...row,
    bytes: row.bytes.replace('/v1/chat/completions', '/v1/messages').replace('/v1/models', '/v1/messages').replaceAll('Zebra', 'Claud'),
    isAnthropic: !row.early,
  };
}
