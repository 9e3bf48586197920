import type { ChaincodeStub } from 'fabric-shim-api';
import { endorsementPolicy } from './endorsement-policy.ts';
import type { WriteRecord } from './peer-batch-messages.ts';
import { writeMany } from './peer-batch.ts';

interface PublicWrite {
  readonly key: string;
  readonly text: string;
  /** Organisations whose peers must all endorse later changes; absent: the chaincode's own policy. */
  readonly endorsers?: readonly string[];
}

interface PrivateWrite {
  readonly collection: string;
  readonly key: string;
  readonly text: string;
}

/** A private body that ends, with its past versions. */
type Purge = Omit<PrivateWrite, 'text'>;

/** What a transaction means to write. Nothing reaches the ledger before {@link WriteSet.flush}. */
export class WriteSet {
  readonly #public = new Map<string, PublicWrite>();
  readonly #private: PrivateWrite[] = [];
  readonly #purges: Purge[] = [];

  put(write: PublicWrite): void {
    if (this.#public.has(write.key)) throw new Error(`${write.key} is written twice in one transaction`);
    this.#public.set(write.key, write);
  }

  putPrivate(write: PrivateWrite): void {
    this.#private.push(write);
  }

  purge(purge: Purge): void {
    this.#purges.push(purge);
  }

  has(key: string): boolean {
    return this.#public.has(key);
  }

  /** Sends everything, in the order it was staged. */
  async flush(stub: ChaincodeStub): Promise<void> {
    for (const { collection, key } of this.#purges) await stub.purgePrivateData(collection, key);
    if (await writeMany(stub, this.#records())) return;
    for (const { key, text, endorsers } of this.#public.values()) {
      await stub.putState(key, Buffer.from(text, 'utf8'));
      if (endorsers !== undefined) await stub.setStateValidationParameter(key, endorsementPolicy(endorsers));
    }
    for (const { collection, key, text } of this.#private) {
      await stub.putPrivateData(collection, key, Buffer.from(text, 'utf8'));
    }
  }

  #records(): readonly WriteRecord[] {
    const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
    return [
      ...[...this.#public.values()].flatMap(({ key, text, endorsers }): WriteRecord[] => [
        { kind: 'value', key, value: bytes(text) },
        ...(endorsers === undefined
          ? []
          : [{ kind: 'policy' as const, key, policy: endorsementPolicy(endorsers) }]),
      ]),
      ...this.#private.map(({ collection, key, text }): WriteRecord => {
        return { kind: 'value', collection, key, value: bytes(text) };
      }),
    ];
  }
}
