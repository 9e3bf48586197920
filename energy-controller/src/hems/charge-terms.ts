import type { Source, SourceKind } from '@roamgrid/domain/power';
import type { ChargeTerms, HomePlanMessage } from '@roamgrid/wire';

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What feeds a slot, W by kind: the roof as far as it is used, batteries as planned, the grid the rest. */
const sourcesIn = (
  { loadW, solarW, chargesW, batteriesW, gridW }: HomePlanMessage['slots'][number],
  sources: readonly Source[],
): Record<SourceKind, bigint> => {
  const of = (kind: SourceKind): bigint =>
    sources
      .filter((source) => source.kind === kind)
      .reduce((sum, { sourceId }) => sum + (batteriesW[sourceId] ?? 0n), 0n);
  const takenW = Object.values(chargesW).reduce((sum, watts) => sum + watts, loadW);
  return { grid: gridW, renewable: least(solarW, takenW), ess: of('ess'), ev: of('ev') };
};

/** What a charger is told of a charge: price, contract and where the power comes from, slot by slot. Spec: HOME-7 */
export const termsOf = (
  { version, slots }: HomePlanMessage,
  claimId: string,
  { contractId, sources }: { readonly contractId: string | undefined; readonly sources: readonly Source[] },
): ChargeTerms => ({
  ...{ claimId, planVersion: version },
  ...(contractId !== undefined && { contractId }),
  slots: slots.map((slot) => ({
    ...{ startMs: slot.startMs, endMs: slot.endMs, priceMicrosPerKWh: slot.priceMicrosPerKWh },
    ...(slot.tariff !== undefined && { tariff: slot.tariff }),
    plannedW: slot.chargesW[claimId] ?? 0n,
    sourcesW: sourcesIn(slot, sources),
  })),
});
