import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { freePort } from '@roamgrid/test-network';
import { z } from 'zod';

const kept = z.record(z.string(), z.int().min(1).max(65_535));

/**
 * The ports of a system on this machine: free ones at the first start, the same ones ever after. The ledger's registry
 * knows the services by them, and a part that is started again is found where it was.
 */
export class PortBook {
  readonly #path: string;
  readonly #ports: Map<string, number>;

  constructor(path: string) {
    this.#path = path;
    this.#ports = new Map(
      existsSync(path) ? Object.entries(kept.parse(JSON.parse(readFileSync(path, 'utf8')))) : [],
    );
  }

  async port(name: string): Promise<number> {
    const known = this.#ports.get(name);
    if (known !== undefined) return known;
    let made = await freePort();
    // One that is in the book already belongs to a part that does not run now.
    while ([...this.#ports.values()].includes(made)) made = await freePort();
    this.#ports.set(name, made);
    this.#save();
    return made;
  }

  #save(): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    const aside = `${this.#path}.new`;
    writeFileSync(aside, JSON.stringify(Object.fromEntries(this.#ports)), { mode: 0o600 });
    renameSync(aside, this.#path);
  }
}
