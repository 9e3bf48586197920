import {
  flexSettlementBody,
  flexSettlementRecord,
  stateKey,
  type ChargeBody,
  type FlexibilityItem,
  type FlexSettlementBody,
} from '@roamgrid/wire';
import { ensure, type Transaction, zip } from '../context/index.ts';

type Note = Pick<ChargeBody, 'chargeId' | 'vun' | 'hun' | 'agreementId'>;

interface ChargedDay {
  readonly houseId: string;
  readonly dayMs: number;
  readonly items: FlexibilityItem[];
}

/** Days of houses on a note, in the order of their first items. */
const daysOf = (items: readonly FlexibilityItem[]): readonly ChargedDay[] => {
  const days = new Map<string, ChargedDay>();
  for (const item of items) {
    const { houseId, dayMs } = item;
    const key = stateKey.flexSettlement(houseId, dayMs);
    const day = days.get(key) ?? { houseId, dayMs, items: [] };
    day.items.push(item);
    days.set(key, day);
  }
  return [...days.values()];
};

const isLine = (item: FlexibilityItem, line: FlexSettlementBody['lines'][number] | undefined): boolean =>
  line !== undefined &&
  item.line === line.line &&
  item.eventId === (line.line === 'EXPORT' ? undefined : line.eventId) &&
  item.energyWh === line.energyWh &&
  item.amountMicros === line.micros;

/** Marks the houses' days of a note as charged, each whole and once: the utility whose grid they are on owes it. */
export const chargeFlexibility = async (
  tx: Transaction,
  { chargeId, vun, hun, agreementId }: Note,
  items: readonly FlexibilityItem[],
  endorsers: readonly string[],
): Promise<void> => {
  const days = daysOf(items);
  const bodies = tx.transientList(flexSettlementBody, 'flexibility', days.length);
  for (const [{ houseId, dayMs, items: stated }, { value: body, hash }] of zip(days, bodies)) {
    const key = stateKey.flexSettlement(houseId, dayMs);
    const what = `the day at ${dayMs} of ${houseId}`;
    const record = await tx.get(flexSettlementRecord, key);
    ensure(
      record.hun === vun && record.vun === hun && record.agreementId === agreementId,
      'INVALID_ARGUMENT',
      `${what} is of another pair or agreement`,
    );
    ensure(hash === record.bodyHash, 'HASH_MISMATCH', `what travels of ${what} is not what both endorsed`);
    ensure(
      record.givenChargeId === undefined,
      'WRONG_STATE',
      `${what} stands on ${record.givenChargeId ?? ''} already`,
    );
    const owed = body.lines.filter(({ micros }) => micros > 0n);
    ensure(
      owed.length === stated.length && stated.every((item, at) => isLine(item, owed[at])),
      'CDR_MISMATCH',
      `${what} comes to ${owed.length} lines of ${body.totalMicros} micros in all`,
    );
    const version = record.version + 1;
    tx.put(
      flexSettlementRecord,
      key,
      { ...record, version, givenChargeId: chargeId },
      { endorsers, ofItem: true },
    );
  }
};
