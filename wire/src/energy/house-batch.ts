import { bodyHash, canonicalText, sealBody } from '../signature/body-hash.ts';
import { DOCUMENT_TYPE, signDocument } from '../signature/document.ts';
import type { Signer } from '../signature/jws.ts';
import { hashTree } from '../ledger/hash-tree.ts';
import { packBodies } from '../ledger/packed-bodies.ts';
import {
  houseBody,
  houseEntry,
  houseHeader,
  houseSeal,
  type HouseBody,
  type HouseEntry,
  type HouseHeader,
} from './house-record.ts';

/** What one batch of a house says, before it is put into the form that is told. */
export interface HouseBatch extends Pick<
  HouseHeader,
  'houseRef' | 'number' | 'previousHash' | 'fromMs' | 'untilMs' | 'salt'
> {
  readonly agreementId: string;
  readonly vun: string;
  readonly hun: string;
  readonly body: HouseBody;
  /** In the order of time. */
  readonly entries: readonly HouseEntry[];
}

const gridWh = (entries: readonly HouseEntry[], counts: 'in' | 'out'): bigint =>
  entries.reduce(
    (sum, entry) =>
      entry.kind === 'flow' && entry.of === 'grid' && entry.counts === counts ? sum + entry.energyWh : sum,
    0n,
  );

/** A batch as `grid.recordHouse` takes it, signed by the panel; `commandId` is the batch's, so that it is recorded once. */
export const sealHouseBatch = async (batch: HouseBatch, panel: Signer) => {
  const { houseRef, number, previousHash, fromMs, untilMs, salt, entries } = batch;
  const { agreementId, vun, hun } = batch;
  const texts = entries.map((entry) => canonicalText(houseEntry, entry));
  const { root: merkleRoot } = hashTree(texts.map(bodyHash));
  const past = previousHash !== undefined && { previousHash };
  const header = sealBody(houseHeader, {
    ...{ houseRef, number, ...past, fromMs, untilMs, merkleRoot, salt },
    gridInWh: gridWh(entries, 'in'),
    gridOutWh: gridWh(entries, 'out'),
  });
  const sealed = { houseRef, number, headerHash: header.hash };
  const seal = await signDocument(houseSeal, DOCUMENT_TYPE.houseBatch, sealed, panel);
  return {
    headerHash: header.hash,
    command: {
      commandId: `house-${houseRef.slice(0, 24)}-${number}`,
      ...{ agreementId, vun, hun, ...sealed, ...past, merkleRoot, seal, count: entries.length },
    },
    transient: {
      header: JSON.parse(header.text) as unknown,
      entries: JSON.parse(packBodies(texts)) as unknown,
      house: JSON.parse(sealBody(houseBody, batch.body).text) as unknown,
    },
  };
};
