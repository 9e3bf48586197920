import {
  batchHeader,
  bodyHash,
  canonicalText,
  invoiceBody,
  NumberBits,
  sessionIdOf,
  type SessionEvidence,
} from '@roamgrid/wire';
import { leadsTo, type Check } from './check.ts';
import { takes, type BillEvidence } from './evidence.ts';

/** From the open body to the opening that committed to it. */
const openingLinks = (session: SessionEvidence): readonly Check[] => {
  const { record, opening, openingProof, openBody = '' } = session;
  const numbers = new NumberBits(opening.first, opening.bits).numbers();
  const proof = openingProof.state === 'present' ? openingProof.proof : undefined;
  return [
    {
      name: 'the session is a number of its lane’s opening',
      ok:
        record.sessionId === sessionIdOf(opening.laneId, record.number) &&
        record.laneId === opening.laneId &&
        record.slot === opening.slot &&
        record.openedAtMs === opening.atMs &&
        record.agreementId === opening.agreementId &&
        numbers.length === opening.count &&
        numbers.includes(record.number),
    },
    {
      name: 'the open body is the leaf of this number in the opening’s Merkle tree',
      ok:
        proof?.slot === opening.slot &&
        proof.size === opening.count &&
        proof.index === numbers.indexOf(record.number) &&
        leadsTo(openBody, proof, opening.root),
    },
  ];
};

/** From the settled session to its batch. */
const batchLinks = (session: SessionEvidence, openText: string): readonly Check[] => {
  const { record, batch, proof, openBody, settledBody = '', batchHeader: headerText = '' } = session;
  const header = batchHeader.parse(JSON.parse(headerText));
  return [
    {
      name: 'the settled session holds exactly this open body',
      ok: openText === openBody,
    },
    {
      name: 'the settled session is a leaf of its batch’s Merkle tree',
      ok: batch !== undefined && proof !== undefined && leadsTo(settledBody, proof, batch.merkleRoot),
    },
    {
      name: 'the batch is of the session’s lane and numbers its records without a gap',
      ok:
        batch?.batchId === record.batchId &&
        batch?.laneId === record.laneId &&
        proof?.size === batch.toSequence - batch.fromSequence + 1,
    },
    {
      name: 'the batch’s sums hash to what the ledger holds',
      ok:
        bodyHash(headerText) === batch?.headerHash &&
        header.batchId === batch.batchId &&
        header.merkleRoot === batch.merkleRoot,
    },
  ];
};

/** From the batch to the invoice and the net position. */
const clearingLinks = (
  { session, invoice, netting }: BillEvidence,
  laneSequence: number,
): readonly Check[] => {
  const { record, batch } = session;
  const { body } = invoice;
  const sum = netting.positions.reduce((total, { netMicros }) => total + netMicros, 0n);
  return [
    {
      name: 'the invoice takes the batch and covers the CDR’s number',
      ok:
        batch !== undefined &&
        body.batchIds.includes(batch.batchId) &&
        body.fromSequence <= laneSequence &&
        laneSequence <= body.toSequence &&
        body.laneId === record.laneId &&
        body.vun === record.vun &&
        body.hun === record.hun,
    },
    {
      name: 'the invoice hashes to what the ledger holds',
      ok: bodyHash(canonicalText(invoiceBody, body)) === invoice.record.bodyHash,
    },
    {
      name: 'the invoice’s payable is its two visited shares',
      ok: body.payableMicros === body.shares.vun + body.shares.infrastructure,
    },
    {
      name: 'the netting takes the invoice and sums to zero',
      ok: takes(netting, invoice.record) && sum === 0n,
    },
  ];
};

/** The links from the bodies to the opening, the batch, the invoice and the net position. */
export const linkChecks = (
  evidence: BillEvidence,
  openText: string,
  laneSequence: number,
): readonly Check[] => [
  ...openingLinks(evidence.session),
  ...batchLinks(evidence.session, openText),
  ...clearingLinks(evidence, laneSequence),
];
