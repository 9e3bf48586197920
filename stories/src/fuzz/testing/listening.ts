import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { familyOf } from '../../system/processes.ts';

/** A TCP port, or the path of a socket, that a process listens at. */
export interface Listener {
  readonly at: number | string;
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

/** Listens, among the flags of a socket: `__SO_ACCEPTCON`. */
const ACCEPTS = '00010000';

/** Paths of listening sockets by inode. Spec: Linux proc_net(5), `unix`. */
const pathsByInode = (): Map<string, string> =>
  new Map(
    (tried(() => readFileSync('/proc/net/unix', 'utf8')) ?? '')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , flags]) => flags === ACCEPTS)
      .map(([, , , , , , inode = '', path = '']): [string, string] => [inode, path]),
  );

/** What this process and its descendants listen at. Linux alone says so. */
export const listeners = (): Listener[] => {
  const addresses = new Map<string, number | string>([...portsByInode(), ...pathsByInode()]);
  return familyOf(process.pid).flatMap((pid) =>
    (tried(() => readdirSync(`/proc/${pid}/fd`)) ?? []).flatMap((fd): Listener[] => {
      const link = tried(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '';
      const at = addresses.get(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '');
      if (at === undefined) return [];
      const command = (tried(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '').replaceAll('\0', ' ');
      return [{ at, pid, command }];
    }),
  );
};
