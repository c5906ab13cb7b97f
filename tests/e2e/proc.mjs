// What /proc tells of processes.
import fs from 'node:fs';

/** The text of a file under /proc; undefined when the process is gone. */
function read(path) {
  try {
    return fs.readFileSync(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(error.code)) return undefined;
    throw error;
  }
}

/** Pids and parents of all processes that are not zombies. */
function processes() {
  const found = [];
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    if (stat === undefined) continue;
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state !== 'Z') found.push({ pid: Number(name), parent: Number(parent) });
  }
  return found;
}

export function isAlive(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== undefined && stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
}

export function children(pid) {
  return processes().filter((each) => each.parent === pid).map((each) => each.pid);
}

/** The command line, or the title that a process gave itself. */
export function title(pid) {
  return (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
}

/** A field of /proc/PID/status, e.g. `VmRSS`. */
export function status(pid, field) {
  return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(read(`/proc/${pid}/status`) ?? '')?.[1];
}

export function residentBytes(pid) {
  return Number.parseInt(status(pid, 'VmRSS'), 10) * 1024;
}

/** Names of the memfds that a process maps, one a mapping. */
export function mappedMemfds(pid) {
  return [...(read(`/proc/${pid}/maps`) ?? '').matchAll(/\/memfd:(\S+) \(deleted\)/g)].map((found) => found[1]);
}

/** [{fd, path}] of the memfds that a process has open. */
export function openMemfds(pid) {
  return fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const path = `/proc/${pid}/fd/${fd}`;
    try {
      const found = /^\/memfd:(\S+) \(deleted\)$/.exec(fs.readlinkSync(path));
      return found ? [{ fd: Number(fd), name: found[1], path }] : [];
    } catch {
      return [];
    }
  });
}

/** A process's share of the memory: pages of its own, and its part of those that others map too. */
export function pssBytes(pid) {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1]) * 1024;
}

/** Open descriptors but for unix sockets: libcurl keeps pairs of them for a minute. */
export function descriptorCount(pid) {
  const unix = new Set((read(`/proc/${pid}/net/unix`) ?? '').split('\n').map((line) => line.split(/\s+/)[6]));
  return fs.readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
      return inode === undefined || !unix.has(inode);
    } catch {
      return false;
    }
  }).length;
}
