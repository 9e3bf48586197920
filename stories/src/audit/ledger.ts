import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  auditedBlocks,
  hashedAllocationPage,
  hashedBatchPage,
  hashedChargePage,
  hashedHousePage,
  hashedFlexibilityPage,
  canonicalJson,
  hashedInvoicePage,
  hashedReservationPage,
  hashedTerms,
  type AuditedBlocks,
} from '@roamgrid/wire';
import type { Door } from './doors.ts';

/** A whole ledger as files, to be verified anywhere: docs/ledger-audit.md. */

/** Bodies hold what two utilities may see of each other, so files are their owner's alone. */
const PRIVATE = { mode: 0o600 } as const;
const FOLDER = { recursive: true, mode: 0o700 } as const;

export interface LedgerFiles {
  readonly blocks: number;
  readonly batches: number;
  readonly invoices: number;
}

const writeBlocks = async ({ url, ask }: Door, folder: string): Promise<number> => {
  mkdirSync(folder, FOLDER);
  let number = 0;
  for (let next: number | undefined = 0; next !== undefined;) {
    const from: string = `${url}/auditor/v1/blocks?from=${next}`;
    const page: AuditedBlocks = await ask('GET', from, undefined, auditedBlocks);
    for (const block of page.blocks) {
      const name = `${number.toString().padStart(10, '0')}.block`;
      writeFileSync(join(folder, name), Buffer.from(block, 'base64'), PRIVATE);
      number += 1;
    }
    next = page.next;
  }
  return number;
};

/** Asks page after page. */
const pages = async <T>(
  ask: (query: string) => Promise<{ readonly items: readonly T[]; readonly cursor?: string | undefined }>,
  each: (item: T) => void,
): Promise<number> => {
  let count = 0;
  for (let query: string | undefined = ''; query !== undefined;) {
    const page = await ask(query);
    page.items.forEach(each);
    count += page.items.length;
    query = page.cursor === undefined ? undefined : `?after=${encodeURIComponent(page.cursor)}`;
  }
  return count;
};

const writeBodies = async (
  { utilityId, url, ask }: Door,
  folder: string,
): Promise<Omit<LedgerFiles, 'blocks'>> => {
  mkdirSync(folder, FOLDER);
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text, PRIVATE);
  };
  write('of.json', canonicalJson({ utilityId }));
  const at = `${url}/auditor/v1/bodies`;
  const { items } = await ask('GET', `${at}/terms`, undefined, hashedTerms);
  for (const { agreementId, version, body } of items) write(`terms-${agreementId}-${version}.json`, body);
  const batches = await pages(
    (query) => ask('GET', `${at}/batches${query}`, undefined, hashedBatchPage),
    ({ batchId, header, sessions, openings }) => {
      write(`batch-${batchId}.json`, canonicalJson({ header, openings, sessions }));
    },
  );
  const invoices = await pages(
    (query) => ask('GET', `${at}/invoices${query}`, undefined, hashedInvoicePage),
    ({ invoiceId, body }) => {
      write(`invoice-${invoiceId}.json`, body);
    },
  );
  await pages(
    (query) => ask('GET', `${at}/reservations${query}`, undefined, hashedReservationPage),
    ({ reservationId, body }) => {
      write(`reservation-${reservationId}.json`, body);
    },
  );
  await pages(
    (query) => ask('GET', `${at}/allocations${query}`, undefined, hashedAllocationPage),
    ({ batchId, header, slots }) => {
      write(`allocation-${batchId}.json`, canonicalJson({ header, slots }));
    },
  );
  await pages(
    (query) => ask('GET', `${at}/houses${query}`, undefined, hashedHousePage),
    ({ houseRef, number, header, entries }) => {
      write(`house-${houseRef}-${number}.json`, canonicalJson({ entries, header }));
    },
  );
  await pages(
    (query) => ask('GET', `${at}/charges${query}`, undefined, hashedChargePage),
    ({ chargeId, body }) => {
      write(`charge-${chargeId}.json`, body);
    },
  );
  await pages(
    (query) => ask('GET', `${at}/flexibility${query}`, undefined, hashedFlexibilityPage),
    ({ bodyHash, body }) => {
      write(`flexibility-${bodyHash}.json`, body);
    },
  );
  return { batches, invoices };
};

/** Writes what one gateway has: `blocks`, and the `bodies` of what its utility is a party of. */
export const writeLedger = async (door: Door, folder: string): Promise<LedgerFiles> => {
  const blocks = await writeBlocks(door, join(folder, 'blocks'));
  return { blocks, ...(await writeBodies(door, join(folder, 'bodies'))) };
};
