import { createHash } from 'node:crypto';
import { verifyInclusion } from '@roamgrid/domain';
import {
  agreementRecord,
  agreementTerms,
  authorisation,
  batchHeader,
  batchRecord,
  billingReading,
  bodyHash,
  canonicalText,
  cdr as cdrSchema,
  cdrInputOf,
  computeCdr,
  consent,
  DOCUMENT_TYPE,
  invoiceBody,
  invoiceRecord,
  meterPublicKey,
  nettingRecord,
  openDocument,
  quote as quoteSchema,
  sessionCloseBody,
  sessionOpenBody,
  sessionRecord,
  endedSession,
  sessionEnd,
  stateKey,
  stationRecord,
  tariffRecord,
  utilityRecord,
  verifyOcmf,
  visitorProfile,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { demandOnChain } from './demand-on-chain.ts';
import type { BillEvidence } from './evidence.ts';

/** One link of the chain of evidence. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

/** Public value of a key on the verified chain, or undefined; absent when no chain is at hand. */
export type ReadPublic = (key: string) => Uint8Array | undefined;

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();
const fromHex = (text: string): Uint8Array => Buffer.from(text, 'hex');

/** Signatures of the meter, the home utility and the station. */
async function signatureChecks(evidence: BillEvidence): Promise<Check[]> {
  const open = sessionOpenBody.parse(JSON.parse(evidence.session.openBody ?? 'null'));
  const close = sessionCloseBody.parse(JSON.parse(evidence.session.closeBody ?? 'null'));
  const evse = evidence.station.evses.find(({ evseId }) => evseId === open.quote.evseId);
  const hun = evidence.utilities.find(({ utilityId }) => utilityId === open.quote.hun);
  const checks: Check[] = [];
  for (const [side, text, reading] of [
    ['begin', close.signedStart ?? close.signedEnd, close.readings[0]],
    ['end', close.signedEnd, close.readings.at(-1)],
  ] as const) {
    const document = evse && verifyOcmf(text, meterPublicKey(evse.meterKey));
    const signed = document?.ok === true ? billingReading(document.value, side) : undefined;
    const same =
      signed?.ok === true &&
      signed.value.atMs === reading?.atMs &&
      signed.value.registerWh === reading.registerWh;
    checks.push({ name: `the meter ${evse?.meterId ?? ''} signed the ${side} reading`, ok: same });
  }
  const keys = hun?.signingKeys ?? [];
  const leave =
    open.authorisedBy === 'home'
      ? await openDocument(authorisation, DOCUMENT_TYPE.authorisation, open.evidence, keys)
      : await openDocument(visitorProfile, DOCUMENT_TYPE.profile, open.evidence, keys);
  const covers =
    leave.ok && leave.value.cinRef === open.cinRef && leave.value.adjustmentPpm === open.quote.adjustmentPpm;
  checks.push({
    name: `${hun?.name ?? open.quote.hun} authorised this customer (${open.authorisedBy})`,
    ok: covers,
  });
  const agreed = await openDocument(consent, DOCUMENT_TYPE.consent, open.consent, [
    evidence.station.signingKey,
  ]);
  const quoteHash = bodyHash(canonicalText(quoteSchema, open.quote));
  checks.push({
    name: 'the driver consented to exactly this quote',
    ok: agreed.ok && agreed.value.quoteHash === quoteHash,
  });
  return checks;
}

/** The price: recomputed from the readings, the tariff and the agreement, and under the cap. */
function priceChecks(evidence: BillEvidence, read: ReadPublic | undefined): Check[] {
  const open = sessionOpenBody.parse(JSON.parse(evidence.session.openBody ?? 'null'));
  const close = sessionCloseBody.parse(JSON.parse(evidence.session.closeBody ?? 'null'));
  const { terms, tariff } = evidence;
  const grid = read && demandOnChain(terms, close.cdr, read);
  const computed = computeCdr(cdrInputOf(close, open.quote, tariff.tariffJson, terms, grid));
  const same =
    computed.ok && canonicalText(cdrSchema, computed.value) === canonicalText(cdrSchema, close.cdr);
  const { shares, totalMicros } = close.cdr;
  return [
    {
      name: 'the CDR is what the readings and the tariff give',
      ok: same,
      ...(terms.adaptation !== undefined &&
        read === undefined && { detail: 'its price follows recorded demand: verify it with the chain' }),
    },
    { name: 'the total is not above the consented cap', ok: totalMicros <= open.quote.capMicros },
    {
      name: 'the shares add up to the total',
      ok: shares.hun + shares.vun + shares.infrastructure + shares.driver === totalMicros,
    },
  ];
}

/** The links from the bodies to the session, the batch, the invoice and the net position. */
function linkChecks({ session, invoice, netting }: BillEvidence): Check[] {
  const { record, batch, proof, openBody = '', closeBody = '', batchHeader: headerText = '' } = session;
  const close = sessionCloseBody.parse(JSON.parse(closeBody));
  const header = batchHeader.parse(JSON.parse(headerText));
  const included =
    batch !== undefined &&
    proof !== undefined &&
    verifyInclusion(
      sha256,
      sha256(Buffer.from(closeBody, 'utf8')),
      { leafIndex: proof.index, treeSize: proof.size, path: proof.path.map(fromHex) },
      fromHex(batch.merkleRoot),
    );
  const { vun, hun } = close.cdr;
  const inRange =
    invoice.body.fromSequence <= close.cdr.pairSequence && close.cdr.pairSequence <= invoice.body.toSequence;
  const positions = new Map(netting.positions.map(({ utilityId, netMicros }) => [utilityId, netMicros]));
  return [
    { name: 'the open body hashes to what the ledger holds', ok: bodyHash(openBody) === record.openHash },
    { name: 'the close body hashes to what the ledger holds', ok: bodyHash(closeBody) === record.closeHash },
    { name: 'the CDR is a leaf of its batch’s Merkle tree', ok: included },
    {
      name: 'the batch’s sums hash to what the ledger holds',
      ok: bodyHash(headerText) === batch?.headerHash && header.merkleRoot === batch.merkleRoot,
    },
    {
      name: 'the invoice takes the batch and covers the CDR’s number',
      ok:
        invoice.body.batchIds.includes(header.batchId) &&
        inRange &&
        invoice.body.vun === vun &&
        invoice.body.hun === hun,
    },
    {
      name: 'the invoice hashes to what the ledger holds',
      ok: bodyHash(canonicalText(invoiceBody, invoice.body)) === invoice.record.bodyHash,
    },
    {
      name: 'the invoice’s payable is its two visited shares',
      ok: invoice.body.payableMicros === invoice.body.shares.vun + invoice.body.shares.infrastructure,
    },
    {
      name: 'the netting takes the invoice and sums to zero',
      ok:
        netting.invoiceIds.includes(invoice.record.invoiceId) &&
        [...positions.values()].reduce((a, b) => a + b, 0n) === 0n,
    },
  ];
}

/** The session as the chain has it: its record together with its end. */
function sessionOnChain(sessionId: string, read: ReadPublic): string | undefined {
  const json = (key: string): unknown => {
    const bytes = read(key);
    return bytes && JSON.parse(Buffer.from(bytes).toString('utf8'));
  };
  const opened = sessionRecord.safeParse(json(stateKey.session(sessionId)));
  const end = sessionEnd.optional().safeParse(json(stateKey.sessionEnd(sessionId)));
  return opened.success && end.success
    ? canonicalText(sessionRecord, endedSession(opened.data, end.data))
    : undefined;
}

/** The public records of the evidence are those of the verified chain. */
function chainChecks(evidence: BillEvidence, read: ReadPublic): Check[] {
  const { session, station, tariff, invoice, netting, terms } = evidence;
  const same = <S extends z.ZodType>(
    name: string,
    key: string,
    schema: S,
    value: z.output<S> | undefined,
  ): Check => {
    const onChain = read(key);
    const ok =
      onChain !== undefined &&
      value !== undefined &&
      Buffer.from(onChain).toString('utf8') === canonicalText(schema, value);
    return { name: `${name} is the one on the chain`, ok };
  };
  const agreementText = read(stateKey.agreement(terms.agreementId));
  const agreement =
    agreementText && agreementRecord.safeParse(JSON.parse(Buffer.from(agreementText).toString('utf8')));
  return [
    ...evidence.utilities.map((utility) =>
      same(
        `the registration of ${utility.name}`,
        stateKey.utility(utility.utilityId),
        utilityRecord,
        utility,
      ),
    ),
    same('the station', stateKey.station(station.utilityId, station.stationId), stationRecord, station),
    same('the tariff', stateKey.tariff(tariff.tariffId, tariff.version), tariffRecord, tariff),
    {
      name: 'the session is the one on the chain',
      ok: sessionOnChain(evidence.sessionId, read) === canonicalText(sessionRecord, session.record),
    },
    same('the batch', stateKey.batch(session.batch?.batchId ?? ''), batchRecord, session.batch),
    same('the invoice', stateKey.invoice(invoice.record.invoiceId), invoiceRecord, invoice.record),
    same('the netting', stateKey.netting(netting.nettingId), nettingRecord, netting),
    {
      name: 'the agreement that both signed has these terms',
      ok:
        agreement?.success === true &&
        agreement.data.signedBy.length === 2 &&
        agreement.data.termsHash === bodyHash(canonicalText(agreementTerms, terms)),
    },
  ];
}

/**
 * Verify one bill offline, from the meter's signature to the net position (ROAM-21).
 * @param read the verified chain; without it the public records of the evidence are taken on trust, and a check says so
 */
export async function verifyBill(evidence: BillEvidence, read?: ReadPublic): Promise<Check[]> {
  if (evidence.session.openBody === undefined || evidence.session.closeBody === undefined) {
    return [
      {
        name: 'the evidence holds the bodies of the session',
        ok: false,
        detail: 'ask a gateway of one of the two parties',
      },
    ];
  }
  return [
    ...(await signatureChecks(evidence)),
    ...priceChecks(evidence, read),
    ...linkChecks(evidence),
    ...(read === undefined ? [] : chainChecks(evidence, read)),
  ];
}
