import { readdirSync, readFileSync } from 'node:fs';

/** Processes by the one that started them, as Linux tells. Spec: proc_pid_stat(5). */
export function childrenByParent(): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The name of a program, in brackets, may have brackets and spaces in it.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      found.set(parent, [...(found.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

/** A process and all that it started, and those in turn. */
export const familyOf = (pid: number, children = childrenByParent()): readonly number[] => [
  pid,
  ...(children.get(pid) ?? []).flatMap((child) => familyOf(child, children)),
];
