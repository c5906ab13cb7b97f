// What stands before weir where people come by https: it ends TLS and hands on what it gets.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';

function makeCertificate() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-proxy-'));
  const file = (name) => path.join(folder, name);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', file('key.pem'), '-out', file('cert.pem')], { stdio: 'ignore' });
  const made = { key: fs.readFileSync(file('key.pem')), cert: fs.readFileSync(file('cert.pem')) };
  fs.rmSync(folder, { recursive: true });
  return made;
}

export class TlsProxy {
  /** To `port` of this machine. */
  static async start(port) {
    const proxy = new TlsProxy();
    proxy.server = tls.createServer(makeCertificate(), (client) => {
      const upstream = net.connect({ port, host: '127.0.0.1' });
      for (const socket of [client, upstream]) socket.on('error', () => { client.destroy(); upstream.destroy(); });
      client.pipe(upstream).pipe(client);
    }).listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    proxy.base = `https://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  stop() {
    return new Promise((resolve) => this.server.close(resolve));
  }
}
