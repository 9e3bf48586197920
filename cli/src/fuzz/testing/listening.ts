import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A TCP port that a process listens at. */
export interface Listener {
  readonly port: number;
  readonly pid: number;
  /** What was started, with its arguments. */
  readonly command: string;
}

const LISTEN = '0A';

/** The content of a file of a process that may have ended meanwhile. */
const tried = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** This process and all that it started, and those in turn. */
const family = (): number[] => {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? tried(() => readFileSync(`/proc/${name}/stat`, 'utf8')) : undefined;
    // The name of a program may have brackets and spaces in it.
    const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const found = [process.pid];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
};

/** Ports of listening sockets by inode. Spec: Linux proc_pid_net(5), `tcp`. */
const portsByInode = (): Map<string, number> =>
  new Map(
    ['tcp', 'tcp6'].flatMap((table) =>
      (tried(() => readFileSync(`/proc/net/${table}`, 'utf8')) ?? '')
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        .filter(([, , , state]) => state === LISTEN)
        .map((columns): [string, number] => [
          columns[9] ?? '',
          Number.parseInt(columns[1]?.split(':')[1] ?? '', 16),
        ]),
    ),
  );

/** What this process and its descendants listen at. Linux alone says so. */
export const listeners = (): Listener[] => {
  const ports = portsByInode();
  return family().flatMap((pid) =>
    (tried(() => readdirSync(`/proc/${pid}/fd`)) ?? []).flatMap((fd): Listener[] => {
      const link = tried(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '';
      const port = ports.get(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '');
      if (port === undefined) return [];
      const command = (tried(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '').replaceAll('\0', ' ');
      return [{ port, pid, command }];
    }),
  );
};
