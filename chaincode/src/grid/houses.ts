import { divide } from '@roamgrid/domain';
import {
  computeEnergyMilliWh,
  DOCUMENT_TYPE,
  houseRecord,
  houseSeal,
  keysAt,
  openDocument,
  stateKey,
  type HouseBody,
  type HouseEntry,
  type HouseHeader,
  type HouseRecord,
  type MeteredFlow,
  type UtilityRecord,
} from '@roamgrid/wire';
import type { Dealing, Pair } from '../consortium/agreement.ts';
import { ensure, refuse, requireMember, type Transaction } from '../context/index.ts';

/** What contracts check of a house's batch: whose panel signed it, and that its entries lie in it, one after another, as meters signed them. */

const MILLI = 1_000n;

/** The party of a house that tells: whichever of the two its panel reaches. */
export const requireTeller = (tx: Transaction, { vun, hun }: Dealing): UtilityRecord => {
  const own =
    [vun, hun].find(({ mspId }) => mspId === tx.caller.mspId) ??
    refuse('FORBIDDEN', `${tx.caller.mspId} neither serves the house nor has it as a customer`);
  requireMember(tx.caller, own, ['station', 'aaa']);
  return own;
};

/** The house of this pair. */
export const getHouse = async (
  tx: Transaction,
  pair: Pair & { readonly houseRef: string },
): Promise<HouseRecord> => {
  const record = await tx.get(houseRecord, stateKey.house(pair.houseRef));
  ensure(
    record.vun === pair.vun && record.hun === pair.hun && record.agreementId === pair.agreementId,
    'OUTSIDE_AGREEMENT',
    `${pair.houseRef} is a house of ${record.hun} on the grid of ${record.vun} under ${record.agreementId}`,
  );
  return record;
};

interface Sealed {
  readonly houseRef: string;
  readonly number: number;
  readonly headerHash: string;
  readonly seal: string;
}

/** Refuses a batch that no key signed which the house's panel had when the batch ended. */
export const requireSeal = async (
  { houseRef, number, headerHash, seal }: Sealed,
  { panelKeys }: HouseRecord,
  untilMs: number,
): Promise<void> => {
  const opened = await openDocument(houseSeal, DOCUMENT_TYPE.houseBatch, seal, keysAt(panelKeys, untilMs));
  if (!opened.ok) return refuse('BAD_SIGNATURE', `seal: ${opened.error.message}`);
  const { value: sealed } = opened;
  ensure(
    sealed.houseRef === houseRef && sealed.number === number && sealed.headerHash === headerHash,
    'BAD_SIGNATURE',
    'seal: the panel signed another batch',
  );
};

/** Whole Wh between two registers: each is rounded down, so that flows in a row come to what the register counted. */
const wholeWh = (fromMilliWh: bigint, toMilliWh: bigint): bigint =>
  divide(toMilliWh, MILLI, 'floor') - divide(fromMilliWh, MILLI, 'floor');

/** Refuses a flow that is not what its meter signed, or of a meter that signs and did not. */
const requireMetered = (flow: MeteredFlow, { meters }: HouseBody): void => {
  const { meterRef, signed } = flow;
  const meter = meters.find((each) => each.meterRef === meterRef);
  if (meter === undefined) {
    ensure(signed === undefined, 'NOT_FOUND', `the house has no meter ${meterRef} that signs`);
    return;
  }
  if (signed === undefined)
    return refuse('BAD_SIGNATURE', `${meterRef} signs what it counts, and this it did not`);
  ensure(
    meter.of === flow.of && meter.counts === flow.counts,
    'INVALID_ARGUMENT',
    `${meterRef} counts what goes ${meter.counts} by ${meter.of}`,
  );
  const energy = computeEnergyMilliWh([signed], meter);
  if (!energy.ok) return refuse('BAD_SIGNATURE', `${meterRef}: ${energy.error.message}`);
  ensure(
    signed.fromMs === flow.atMs &&
      signed.toMs === flow.untilMs &&
      wholeWh(signed.fromRegisterMilliWh, signed.toRegisterMilliWh) === flow.energyWh,
    'NOT_BALANCED',
    `${meterRef} signed ${signed.fromRegisterMilliWh} to ${signed.toRegisterMilliWh} mWh from ${signed.fromMs} until ${signed.toMs}`,
  );
};

const requireCreditable = ({ creditTo, signed, counts, of }: MeteredFlow): void => {
  ensure(
    creditTo === undefined ||
      (signed !== undefined && counts === 'in' && (of === 'ev' || of === 'renewable')),
    'INVALID_ARGUMENT',
    'creditTo: what a car or the sun gave earns a credit, by what its meter signed',
  );
};

const sumOf = (flows: readonly MeteredFlow[], counts: 'in' | 'out'): bigint =>
  flows
    .filter((flow) => flow.of === 'grid' && flow.counts === counts)
    .reduce((sum, { energyWh }) => sum + energyWh, 0n);

/** Refuses entries out of order or outside of their batch, time of a meter twice, and sums that are not theirs. */
export const requireEntries = (
  entries: readonly HouseEntry[],
  { fromMs, untilMs, gridInWh, gridOutWh }: HouseHeader,
  body: HouseBody,
): void => {
  let last = fromMs;
  const meteredUntil = new Map<string, number>();
  const flows: MeteredFlow[] = [];
  for (const [index, entry] of entries.entries()) {
    ensure(
      last <= entry.atMs && entry.atMs < untilMs,
      'SEQUENCE_GAP',
      `entry ${index} lies outside of its batch, or before the entry before it`,
    );
    last = entry.atMs;
    if (entry.kind !== 'flow') continue;
    const place = `${entry.meterRef} ${entry.counts}`;
    ensure(
      (meteredUntil.get(place) ?? 0) <= entry.atMs && entry.atMs < entry.untilMs && entry.untilMs <= untilMs,
      'OVERLAP',
      `entry ${index} has time of ${entry.meterRef} that another one has, or none, or none of its batch`,
    );
    meteredUntil.set(place, entry.untilMs);
    requireMetered(entry, body);
    requireCreditable(entry);
    flows.push(entry);
  }
  ensure(
    gridInWh === sumOf(flows, 'in') && gridOutWh === sumOf(flows, 'out'),
    'NOT_BALANCED',
    `the grid gave ${sumOf(flows, 'in')} Wh and took ${sumOf(flows, 'out')} Wh by the entries`,
  );
};
