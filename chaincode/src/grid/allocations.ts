import { checkAllocation, growTree, type Claim, type Source, type Tree } from '@roamgrid/domain/power';
import {
  energyMicros,
  energyPriceRange,
  readTariffJson,
  stateKey,
  tariffBindingRecord,
  tariffRecord,
} from '@roamgrid/wire';
import type {
  AgreementTerms,
  AllocatedSlot,
  AllocationHeader,
  SlotDecision,
  UtilityRecord,
} from '@roamgrid/wire';
import { ensure, refuse, type Transaction } from '../context/index.ts';

/** What contracts check of a recorded allocation: that it adds up and keeps its limits, never that it is the best. */

const MS_PER_HOUR = 3_600_000n;

/** The site's limits, as the header states them. */
export const treeOf = ({ tree: { volts, lanes, nodes } }: AllocationHeader): Tree => {
  const grown = growTree(nodes, { volts, lanes });
  return grown.ok ? grown.value : refuse('INVALID_ARGUMENT', `header.tree: ${grown.error.message}`);
};

const factsOf = ({ sources, claims }: SlotDecision, tree: Tree) => ({
  tree,
  sources: sources satisfies readonly Source[],
  claims: claims.map((claim): Claim => ({ ...claim, minW: 0n, arrivedMs: 0 })),
});

const distinct = (ids: readonly string[]): boolean => new Set(ids).size === ids.length;

/** Refuses a decision that does not add up, goes over a limit, or in which batteries do what they cannot. */
const requireDecision = (decision: SlotDecision, slotMs: number, tree: Tree): void => {
  const { sources, claims, grants, sourceShares } = decision;
  ensure(
    distinct(sources.map(({ sourceId }) => sourceId)) &&
      distinct(claims.map(({ claimId }) => claimId)) &&
      distinct(grants.map(({ claimId }) => claimId)) &&
      distinct(sourceShares.map(({ sourceId }) => sourceId)),
    'INVALID_ARGUMENT',
    `slot ${slotMs} names a source or claim twice`,
  );
  for (const { nodeId } of [...sources, ...claims])
    ensure(tree.byId.has(nodeId), 'INVALID_ARGUMENT', `slot ${slotMs}: the site has no node ${nodeId}`);
  const nodeOf = new Map(claims.map(({ claimId, nodeId }) => [claimId, nodeId]));
  const kindOf = new Map(sources.map(({ sourceId, kind }) => [sourceId, kind]));
  for (const { claimId, nodeId, laneW } of grants)
    ensure(
      nodeOf.get(claimId) === nodeId && laneW.length === tree.lanes,
      'INVALID_ARGUMENT',
      `slot ${slotMs}: the grant of ${claimId} is at another node, or on other lanes, than its claim`,
    );
  for (const { sourceId, kind, laneW } of sourceShares)
    ensure(
      kindOf.get(sourceId) === kind && laneW.length === tree.lanes,
      'INVALID_ARGUMENT',
      `slot ${slotMs}: ${sourceId} is no such source, or on other lanes`,
    );
  const [breach] = checkAllocation(factsOf(decision, tree), { grants, sourceShares });
  ensure(
    breach === undefined,
    'NOT_BALANCED',
    `slot ${slotMs}: ${breach?.code ?? ''} of ${breach?.of ?? ''}: ${breach?.message ?? ''}`,
  );
  for (const { sourceId, store } of sources)
    ensure(
      store === undefined || (store.storedWh <= store.capacityWh && store.floorWh <= store.capacityWh),
      'INVALID_ARGUMENT',
      `slot ${slotMs}: ${sourceId} holds more than it can`,
    );
};

/** The most that a car's share came to in any decision of a slot, W. */
const shareOf = (carId: string, decisions: readonly SlotDecision[]): bigint =>
  decisions
    .flatMap(({ sourceShares }) => sourceShares)
    .filter(({ sourceId, kind }) => sourceId === carId && kind === 'ev')
    .reduce((most, { deliveredW }) => (deliveredW > most ? deliveredW : most), 0n);

/** Refuses a slot whose decisions are not sound, or in which servers took, or cars gave, more than those left to them. */
export const requireSound = (slot: AllocatedSlot, tree: Tree, lengthMs: number): void => {
  const { claims, grants, slotMs, serversWh, cars = [], carsBy = [] } = slot;
  const decisions = [slot, ...carsBy];
  for (const decision of decisions) requireDecision(decision, slotMs, tree);
  ensure(
    distinct(cars.map(({ sourceId }) => sourceId)),
    'INVALID_ARGUMENT',
    `slot ${slotMs} names a car twice`,
  );
  for (const { sourceId, givenWh } of cars) {
    const shareW = shareOf(sourceId, decisions);
    ensure(
      givenWh * MS_PER_HOUR <= shareW * BigInt(lengthMs),
      'NOT_BALANCED',
      `slot ${slotMs}: ${sourceId} gave ${givenWh} Wh, with a share of ${shareW} W`,
    );
  }
  const computeW = claims
    .filter(({ kind }) => kind === 'compute')
    .reduce(
      (sum, { claimId }) => sum + (grants.find((grant) => grant.claimId === claimId)?.grantedW ?? 0n),
      0n,
    );
  ensure(
    serversWh * MS_PER_HOUR <= computeW * BigInt(lengthMs),
    'NOT_BALANCED',
    `slot ${slotMs}: servers took ${serversWh} Wh, with ${computeW} W granted`,
  );
};

/** What each car gave in some slots, Wh. */
const givenIn = (slots: readonly AllocatedSlot[]): ReadonlyMap<string, bigint> => {
  const given = new Map<string, bigint>();
  for (const { sourceId, givenWh } of slots.flatMap(({ cars = [] }) => cars))
    given.set(sourceId, (given.get(sourceId) ?? 0n) + givenWh);
  return given;
};

/** Refuses a header that says something else of cars than its slots and the agreed price do. */
export const requireGiven = (
  { given }: AllocationHeader,
  slots: readonly AllocatedSlot[],
  { givenMicrosPerKWh }: AgreementTerms,
): void => {
  const sums = givenIn(slots);
  const cars = given?.cars ?? [];
  ensure(
    cars.length === sums.size && cars.every(({ sourceId, givenWh }) => sums.get(sourceId) === givenWh),
    'NOT_BALANCED',
    `cars gave ${[...sums].map(([sourceId, wh]) => `${wh} Wh (${sourceId})`).join(', ') || 'nothing'}`,
  );
  if (given === undefined) return;
  if (givenMicrosPerKWh === undefined)
    return refuse('OUTSIDE_AGREEMENT', 'the terms have no price for what cars give');
  for (const { sourceId, givenWh, micros } of cars) {
    const owed = energyMicros(givenWh, givenMicrosPerKWh);
    ensure(micros === owed, 'CDR_MISMATCH', `${givenWh} Wh of ${sourceId} come to ${owed} micros`);
  }
  const total = cars.reduce((sum, { micros }) => sum + micros, 0n);
  ensure(given.totalMicros === total, 'NOT_BALANCED', `what cars gave comes to ${total} micros`);
};

/** The one energy price of a tariff that is agreed with the servers' utility, micros a kWh before tax. */
export const serverPrice = async (
  tx: Transaction,
  { agreementId, tariffId, tariffVersion, fromMs, untilMs }: AllocationHeader,
  vun: UtilityRecord,
): Promise<bigint> => {
  const tariff = await tx.getOften(tariffRecord, stateKey.tariff(tariffId, tariffVersion));
  const binding = stateKey.tariffBinding(agreementId, tariffId, tariffVersion);
  ensure(
    tariff.utilityId === vun.utilityId && (await tx.findOften(tariffBindingRecord, binding)) !== undefined,
    'OUTSIDE_AGREEMENT',
    `version ${tariffVersion} of ${tariffId} is no tariff of the site that is bound under ${agreementId}`,
  );
  ensure(
    tariff.validFromMs <= fromMs && untilMs <= tariff.validUntilMs,
    'EXPIRED',
    `version ${tariffVersion} of ${tariffId} was not valid all the time`,
  );
  const read = readTariffJson(tariff.tariffJson);
  if (!read.ok) return refuse('OUTSIDE_AGREEMENT', `${tariffId}: ${read.error.message}`);
  const { minMicrosPerKWh, maxMicrosPerKWh } = energyPriceRange(read.value);
  ensure(
    minMicrosPerKWh === maxMicrosPerKWh,
    'OUTSIDE_AGREEMENT',
    `${tariffId} has energy prices from ${minMicrosPerKWh} to ${maxMicrosPerKWh} micros: servers are sold energy at one`,
  );
  return maxMicrosPerKWh;
};
