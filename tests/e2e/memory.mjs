// The memory of a process, for who may read it: what a core of it would hold, and what it would not.
import fs from 'node:fs';

const PAGE_BYTES = 4096;
const PIECE_PAGES = 1024;
/** In /proc/PID/pagemap: the page is in memory, or was written and is swapped out. */
const PRESENT = 3n << 62n;

/** [{from, to, name, isReadable, isWritable, isDumped, residentKb}] of /proc/PID/smaps. */
function mappings(pid) {
  const found = [];
  for (const line of fs.readFileSync(`/proc/${pid}/smaps`, 'latin1').split('\n')) {
    const [, from, to, access, name] = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ *(.*)$/.exec(line) ?? [];
    if (from !== undefined) {
      found.push({ from: parseInt(from, 16), to: parseInt(to, 16), name, isReadable: access[0] === 'r', isWritable: access[1] === 'w', isDumped: true });
    } else if (line.startsWith('VmFlags:')) {
      // "dd": MADV_DONTDUMP, so the kernel leaves it out of a core.
      found.at(-1).isDumped = !/\bdd\b/.test(line);
    } else if (/^(Rss|Swap):/.test(line)) {
      found.at(-1).residentKb = (found.at(-1).residentKb ?? 0) + parseInt(line.split(/\s+/)[1], 10);
    }
  }
  return found;
}

function* presentRuns(pagemap, { from, to }) {
  const last = to / PAGE_BYTES;
  for (let page = from / PAGE_BYTES; page < last; page += PIECE_PAGES) {
    const count = Math.min(PIECE_PAGES, last - page);
    const words = Buffer.alloc(count * 8);
    fs.readSync(pagemap, words, 0, words.length, page * 8);
    let begin = -1;
    for (let n = 0; n <= count; n++) {
      const isPresent = n < count && (words.readBigUInt64LE(n * 8) & PRESENT) !== 0n;
      if (isPresent && begin < 0) begin = n;
      if (!isPresent && begin >= 0) {
        yield { at: (page + begin) * PAGE_BYTES, bytes: (n - begin) * PAGE_BYTES };
        begin = -1;
      }
    }
  }
}

/**
 * Programs and libraries; what the kernel puts there; what is sparse; and what is in no core and
 * has no name: the terabytes in which a sanitizer keeps its books.
 */
function isLeftOut({ name, isWritable, isDumped }) {
  return (!isDumped && name === '') || /^\[v(var|syscall)/.test(name) || /^\/memfd:weir-(state|revocations)/.test(name)
    || (name.startsWith('/') && !name.startsWith('/memfd:') && !isWritable);
}

/**
 * What a process has in memory: [{name, at, isDumped, bytes}], run by run. The large sparse
 * files that it maps are left out: they are to be read as files, as reading a hole here fills it.
 */
export function* processMemory(pid) {
  const memory = fs.openSync(`/proc/${pid}/mem`, 'r');
  const pagemap = fs.openSync(`/proc/${pid}/pagemap`, 'r');
  try {
    for (const mapping of mappings(pid)) {
      if (!mapping.isReadable || !mapping.residentKb || isLeftOut(mapping)) continue;
      for (const run of presentRuns(pagemap, mapping)) {
        const bytes = Buffer.alloc(run.bytes);
        const read = fs.readSync(memory, bytes, 0, bytes.length, run.at);
        yield { name: mapping.name || 'anonymous', at: run.at, isDumped: mapping.isDumped, bytes: bytes.subarray(0, read) };
      }
    }
  } finally {
    fs.closeSync(memory);
    fs.closeSync(pagemap);
  }
}

const PIECE_BYTES = 4 << 20;
const ZEROS = Buffer.alloc(PIECE_BYTES);
/** What lies across the border of two pieces is in the later one. */
const OVERLAP_BYTES = 4096;

/** The content of a large and sparse file in pieces, without those that are zeros. */
export function* pieces(file) {
  const fd = fs.openSync(file, 'r');
  try {
    for (let at = 0; ; at += PIECE_BYTES) {
      const bytes = Buffer.alloc(PIECE_BYTES + OVERLAP_BYTES);
      const begin = Math.max(0, at - OVERLAP_BYTES);
      const count = fs.readSync(fd, bytes, 0, PIECE_BYTES + at - begin, begin);
      if (count <= at - begin) return;
      const fresh = bytes.subarray(at - begin, count);
      if (fresh.compare(ZEROS, 0, fresh.length) !== 0) yield bytes.subarray(0, count);
    }
  } finally {
    fs.closeSync(fd);
  }
}
