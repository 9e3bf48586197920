import {
  bodyHash,
  canonicalText,
  cdr as cdrSchema,
  computeCdr,
  parseSettled,
  SettledMalformed,
  type Settled,
} from '@roamgrid/wire';
import { chainChecks } from './chain-checks.ts';
import type { Check, ReadPublic } from './check.ts';
import { demandOnChain } from './demand-on-chain.ts';
import type { BillEvidence } from './evidence.ts';
import { linkChecks } from './link-checks.ts';
import { meterChecks } from './meter-checks.ts';
import { openingChecks } from './opening-checks.ts';

/** The price: computed from the readings, the tariff and the agreement, as the contract did, and under the cap. */
function priceChecks(
  evidence: BillEvidence,
  { open, close }: Settled,
  laneSequence: number,
  read: ReadPublic | undefined,
): Check[] {
  const { terms, tariff, session } = evidence;
  const [first] = close.readings;
  const last = close.readings.at(-1);
  if (first === undefined || last === undefined) throw new Error('a settled session has readings');
  const grid = read && demandOnChain(terms, { startMs: first.atMs, endMs: last.atMs }, read);
  const computed = computeCdr({
    laneSequence,
    quote: open.quote,
    readings: close.readings,
    tariffJson: tariff.record.tariffJson,
    terms,
    endReason: close.endReason,
    ...(grid && { grid }),
  });
  const stated = session.cdr;
  const same =
    computed.ok &&
    stated !== undefined &&
    canonicalText(cdrSchema, computed.value) === canonicalText(cdrSchema, stated);
  const total = computed.ok ? computed.value.totalMicros : undefined;
  const shares = stated?.shares ?? { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n };
  return [
    {
      name: 'the CDR is what the readings and the tariff give',
      ok: same,
      ...(terms.adaptation !== undefined &&
        read === undefined && { detail: 'its price follows recorded demand: verify it with the chain' }),
    },
    {
      name: 'the total is not above the consented cap',
      ok:
        total !== undefined &&
        total <= open.quote.capMicros &&
        (stated?.totalMicros ?? 0n) <= open.quote.capMicros,
    },
    {
      name: 'the shares add up to the total',
      ok: shares.hun + shares.vun + shares.infrastructure + shares.driver === stated?.totalMicros,
    },
  ];
}

const readSettled = (text: string): Settled | string => {
  try {
    return parseSettled(text);
  } catch (thrown) {
    if (thrown instanceof SettledMalformed) return thrown.message;
    throw thrown;
  }
};

/**
 * Verify one bill offline, from the meter's signature to the net position (ROAM-21).
 * @param channel where the session must stand: what was signed for another consortium counts nothing
 * @param read the verified chain; without it the public records of the evidence are taken on trust
 */
export async function verifyBill(
  evidence: BillEvidence,
  channel: string,
  read?: ReadPublic,
): Promise<readonly Check[]> {
  const { settledBody, batch, proof } = evidence.session;
  const name = 'the evidence holds the bodies of the session';
  if (settledBody === undefined || batch === undefined || proof === undefined)
    return [{ name, ok: false, detail: 'ask a gateway of one of the two parties' }];
  const settled = readSettled(settledBody);
  if (typeof settled === 'string') return [{ name, ok: false, detail: settled }];
  const { open, close, openText, quoteText } = settled;
  const { sessionId } = evidence.session.record;
  const laneSequence = batch.fromSequence + proof.index;
  const ground = { channel, sessionId, quoteHash: bodyHash(quoteText) };
  const metering = meterChecks(open, close, evidence.station, ground);
  return [
    {
      name: 'opening, close and quote are of this session',
      ok: [evidence.sessionId, open.sessionId, close.sessionId, open.quote.sessionId].every(
        (id) => id === sessionId,
      ),
    },
    ...metering.checks,
    ...(await openingChecks(open, quoteText, evidence, ground, metering.tariffText)),
    ...priceChecks(evidence, settled, laneSequence, read),
    ...linkChecks(evidence, openText, laneSequence),
    ...(read === undefined ? [] : chainChecks(evidence, read)),
  ];
}
