import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readable, Unreadable } from '../failure.ts';
import { parseCanonical } from '../json.ts';
import type { AllocationBodies } from '../ledger/bodies/site-slots.ts';
import type { HouseBatchBodies } from '../ledger/bodies/house-batch.ts';
import type { BatchBodies, BodySource } from '../ledger/bodies/verify.ts';
import { exactly, list, text } from '../shape.ts';
import { nodePrimitives } from './primitives.ts';

/** One party's bodies from a folder, as `roamgrid audit ledger` writes them: docs/ledger-audit.md. */

const OWNER = 'of.json';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export class BodyFiles implements BodySource {
  readonly of: string;
  readonly #folder: string;
  /** By their hash. */
  readonly #terms = new Map<string, string>();

  /** @throws Unreadable */
  constructor(folder: string) {
    if (!existsSync(folder)) throw new Unreadable(`there is no folder ${folder}`);
    this.#folder = folder;
    const owner = join(folder, OWNER);
    readable(existsSync(owner), `${owner} is missing, which says whose bodies these are`);
    const { utilityId } = exactly(parseCanonical(readFileSync(owner, 'utf8'), OWNER), OWNER, ['utilityId']);
    this.of = text(utilityId, OWNER);
    for (const name of readdirSync(folder).filter((each) => each.startsWith('terms-'))) {
      const body = readFileSync(join(folder, name), 'utf8');
      this.#terms.set(Buffer.from(nodePrimitives.sha256(Buffer.from(body))).toString('hex'), body);
    }
  }

  #file(kind: string, id: string): string | undefined {
    readable(NAME.test(id), `${id} is no id`);
    const path = join(this.#folder, `${kind}-${id}.json`);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  batch(batchId: string): BatchBodies | undefined {
    const file = this.#file('batch', batchId);
    if (file === undefined) return undefined;
    const what = `the bodies of ${batchId}`;
    const { header, openings, sessions } = exactly(parseCanonical(file, what), what, [
      'header',
      'openings',
      'sessions',
    ]);
    return {
      header: text(header, what),
      sessions: list(sessions, what).map((each) => text(each, what)),
      openings: list(openings, what).map((each) => text(each, what)),
    };
  }

  terms(termsHash: string): string | undefined {
    return this.#terms.get(termsHash);
  }

  invoice(invoiceId: string): string | undefined {
    return this.#file('invoice', invoiceId);
  }

  reservation(reservationId: string): string | undefined {
    return this.#file('reservation', reservationId);
  }

  allocation(batchId: string): AllocationBodies | undefined {
    const file = this.#file('allocation', batchId);
    if (file === undefined) return undefined;
    const what = `the slots of ${batchId}`;
    const { header, slots } = exactly(parseCanonical(file, what), what, ['header', 'slots']);
    return { header: text(header, what), slots: list(slots, what).map((each) => text(each, what)) };
  }

  houseBatch(houseRef: string, number: number): HouseBatchBodies | undefined {
    const file = this.#file('house', `${houseRef}-${number}`);
    if (file === undefined) return undefined;
    const what = `batch ${number} of ${houseRef}`;
    const { header, entries } = exactly(parseCanonical(file, what), what, ['entries', 'header']);
    return { header: text(header, what), entries: list(entries, what).map((each) => text(each, what)) };
  }

  charge(chargeId: string): string | undefined {
    return this.#file('charge', chargeId);
  }

  flexibility(bodyHash: string): string | undefined {
    return this.#file('flexibility', bodyHash);
  }
}
