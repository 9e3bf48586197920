import { SHARE_PARTIES } from '@roamgrid/domain';
import { computeRated } from '@roamgrid/wire';
import type { Check } from '../record.ts';

/** The amounts are what tariff, readings and agreement give, computed here once more. */
export const rating: Check = ({ cdr, settled: { open, close } }, { terms, tariffJson, grid }) => {
  const computed = computeRated({
    laneSequence: cdr.laneSequence,
    quote: open.quote,
    readings: close.readings,
    tariffJson,
    terms,
    endReason: close.endReason,
    ...(grid && { grid }),
  });
  if (!computed.ok) {
    const { code, message } = computed.error;
    return { reason: 'RATING', statement: `the session cannot be rated: ${message}`, figures: { code } };
  }
  const ours = computed.value;
  const compared: readonly (readonly [string, bigint, bigint])[] = [
    ['energyWh', cdr.energyWh, ours.energyWh],
    ['totalMicros', cdr.totalMicros, ours.totalMicros],
    ...SHARE_PARTIES.map((party) => [`${party}Micros`, cdr.shares[party], ours.shares[party]] as const),
  ];
  const wrong = compared.filter(([, stated, due]) => stated !== due);
  if (wrong.length === 0) return undefined;
  return {
    reason: 'RATING',
    statement: `the record does not say what the session comes to: ${wrong.map(([what]) => what).join(', ')}`,
    figures: Object.fromEntries(
      wrong.flatMap(([what, stated, due]) => [
        [what, stated.toString()],
        [`${what}Computed`, due.toString()],
      ]),
    ),
  };
};
