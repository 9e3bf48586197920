import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The processors' own counter of energy. Spec: Linux, Power Capping Framework (`energy_uj`, `max_energy_range_uj`). */
export interface Rapl {
  /** Energy since it was asked last, microjoules. */
  sinceLast(): bigint;
}

const readNumber = (file: string): bigint => BigInt(readFileSync(file, 'utf8').trim());

/** Undefined where there is none, or only root may read it. */
export const openRapl = (folder: string): Rapl | undefined => {
  const read = (): bigint => readNumber(join(folder, 'energy_uj'));
  try {
    const range = readNumber(join(folder, 'max_energy_range_uj'));
    let last = read();
    return {
      sinceLast: () => {
        const now = read();
        // It begins again at zero when it is full.
        const gained = now >= last ? now - last : range - last + now;
        last = now;
        return gained;
      },
    };
  } catch {
    return undefined;
  }
};
