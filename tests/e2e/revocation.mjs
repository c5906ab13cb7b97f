// The revocation bits of a running weir, from outside: what the steward does, done through /proc.
import fs from 'node:fs';
import { digest } from './config.mjs';
import { openMemfds } from './proc.mjs';

/** shm/revocations.h: where the header says its size, and where the number of changes stands. */
const HEADER_BYTES_AT = 12;
const CHANGES_AT = 64;
/** shm/rows.h: how far behind its digest a key's row has its cell. */
const CELL_BEHIND_DIGEST = 72;

function openMemfd(pid, name, flags) {
  const found = openMemfds(pid).find((each) => name.test(each.name));
  if (!found) throw new Error(`process ${pid} has no ${name}`);
  return fs.openSync(found.path, flags);
}

function readAll(fd) {
  const bytes = Buffer.alloc(fs.fstatSync(fd).size);
  fs.readSync(fd, bytes, 0, bytes.length, 0);
  return bytes;
}

/** The cell of a key, by its text, in the live generation. */
export function cellOf(weir, key) {
  const fd = openMemfd(weir.pid, /^weir-snapshot-/, 'r');
  const snapshot = readAll(fd);
  fs.closeSync(fd);
  const at = snapshot.indexOf(Buffer.from(digest(key), 'hex'));
  if (at < 0) throw new Error('the key is not in the generation');
  return snapshot.readUInt32LE(at + CELL_BEHIND_DIGEST);
}

export class Revocations {
  constructor(weir) {
    this.fd = openMemfd(weir.pid, /^weir-revocations$/, 'r+');
    const header = Buffer.alloc(16);
    fs.readSync(this.fd, header, 0, header.length, 0);
    this.bitsAt = header.readUInt32LE(HEADER_BYTES_AT);
  }

  #change(bytes, at, change) {
    const word = Buffer.alloc(bytes);
    fs.readSync(this.fd, word, 0, bytes, at);
    change(word);
    fs.writeSync(this.fd, word, 0, bytes, at);
  }

  #bit(cell, change) {
    this.#change(1, this.bitsAt + (cell >> 3), (byte) => { byte[0] = change(byte[0], 1 << (cell & 7)); });
  }

  /** `announced`: raise the number of changes as well, so that the next turn of a worker looks. */
  set(cell, { announced = true } = {}) {
    this.#bit(cell, (byte, bit) => byte | bit);
    if (announced) this.#change(8, CHANGES_AT, (word) => word.writeBigUInt64LE(word.readBigUInt64LE() + 1n));
  }

  clear(cell) {
    this.#bit(cell, (byte, bit) => byte & ~bit);
  }

  close() {
    fs.closeSync(this.fd);
  }
}
