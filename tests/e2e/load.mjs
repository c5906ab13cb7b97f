// Clients that keep asking until they are told to stop, and remember all that went wrong.
import { KEYS } from './fixture.mjs';
import { generationOf } from './harness.mjs';
import { requestBytes } from './http.mjs';

const LIST = requestBytes({ path: '/v1/models', headers: { 'x-api-key': KEYS.all } });
const CALL = requestBytes({
  method: 'POST', path: '/v1/chat/completions', headers: { 'x-api-key': KEYS.all }, body: '{"model":"Zebra","stream":true}',
});

export class Load {
  failures = [];
  answers = 0;
  #isStopped = false;
  #clients = [];

  constructor(weir) {
    this.weir = weir;
  }

  #run(name, client) {
    this.#clients.push((async () => {
      while (!this.#isStopped) {
        try {
          await client();
        } catch (error) {
          this.failures.push(`${name}: ${error.stack}`);
        }
      }
    })());
    return this;
  }

  /** Ask `bytes` over and over on one kept connection; generations never go back. */
  #kept(name, bytes, check) {
    return this.#run(name, async () => {
      const connection = await this.weir.connect();
      let generation = 0;
      while (!this.#isStopped) {
        await connection.write(bytes);
        const answer = await connection.readAnswer();
        check(answer);
        const now = generationOf(answer);
        if (now < generation) throw new Error(`generation ${now} after ${generation}`);
        generation = now;
        this.answers++;
      }
      connection.close();
    });
  }

  lists() {
    return this.#kept('list', LIST, checkList);
  }

  streams() {
    return this.#kept('stream', CALL, checkStream);
  }

  /** A new connection for each list. */
  connections() {
    return this.#run('connection', async () => {
      checkList(await this.weir.get('/v1/models', KEYS.all, { connection: 'close' }));
      this.answers++;
    });
  }

  async stop() {
    this.#isStopped = true;
    await Promise.all(this.#clients);
    return this;
  }
}

function checkList(answer) {
  if (answer.status !== 200 || answer.json.object !== 'list') throw new Error(`list: ${answer.status} ${answer.text.slice(0, 200)}`);
}

function checkStream(answer) {
  if (answer.status !== 200 || answer.data.at(-1) !== '[DONE]' || JSON.parse(answer.data[0]).model !== 'Zebra') {
    throw new Error(`stream: ${answer.status} ${answer.text.slice(0, 200)}`);
  }
}
