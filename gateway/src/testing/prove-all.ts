import assert from 'node:assert/strict';
import { verifyBundle, type Told } from '@roamgrid/auditor';
import { nodePrimitives, readBlockMessage, verifyLedger, type LedgerTold } from '@roamgrid/auditor/node';
import {
  auditBundle,
  auditedBlocks,
  authorityRecordPage,
  bodyHash,
  canonicalJson,
  canonicalText,
  disputePage,
  hashedAllocationPage,
  hashedBatchPage,
  hashedChargePage,
  hashedHousePage,
  hashedFlexibilityPage,
  hashedInvoicePage,
  hashedReservationPage,
  hashedTerms,
  signedChainState,
  type ShownDispute,
} from '@roamgrid/wire';
import type { z } from 'zod';
import type { GatewayRig, TestGateway } from './gateway-rig.ts';

/** What an auditor takes away from both parties' gateways, proven as he would: bundles of sessions, and the whole ledger. */

const get = async <S extends z.ZodType>(
  gateway: TestGateway,
  path: string,
  schema: S,
): Promise<z.output<S>> => {
  const { status, body } = await gateway.ask('auditor', 'GET', `/auditor/v1/${path}`);
  assert.equal(status, 200, `${path}: ${JSON.stringify(body).slice(0, 300)}`);
  return schema.parse(body);
};

/** As both utilities sign it. */
export const checkpointOf = async ({ duke, alabama }: GatewayRig): Promise<string> => {
  const heights = [duke, alabama].map(
    async (each) => (await get(each, 'checkpoint', signedChainState)).blocks,
  );
  const blocks = Math.min(...(await Promise.all(heights)));
  const states = [duke, alabama].map((each) => get(each, `checkpoint?blocks=${blocks}`, signedChainState));
  const [one, other] = await Promise.all(states);
  assert.ok(one !== undefined && other !== undefined);
  const { signature, ...state } = one;
  const signatures = [signature, other.signature];
  return canonicalJson({ format: 'roamgrid-checkpoint', version: 1, ...state, signatures });
};

const blocksOf = async (gateway: TestGateway): Promise<Buffer[]> => {
  const found: Buffer[] = [];
  for (let from: number | undefined = 0; from !== undefined;) {
    const page: z.output<typeof auditedBlocks> = await get(gateway, `blocks?from=${from}`, auditedBlocks);
    found.push(...page.blocks.map((each) => Buffer.from(each, 'base64')));
    from = page.next;
  }
  return found;
};

const bodiesOf = async (gateway: TestGateway) => {
  const batches = (await get(gateway, 'bodies/batches', hashedBatchPage)).items;
  const invoices = (await get(gateway, 'bodies/invoices', hashedInvoicePage)).items;
  const terms = (await get(gateway, 'bodies/terms', hashedTerms)).items;
  const reservations: z.output<typeof hashedReservationPage>['items'] = [];
  for (let query: string | undefined = ''; query !== undefined;) {
    const page: z.output<typeof hashedReservationPage> = await get(
      gateway,
      `bodies/reservations${query}`,
      hashedReservationPage,
    );
    reservations.push(...page.items);
    query = page.cursor === undefined ? undefined : `?after=${page.cursor}`;
  }
  const allocations = (await get(gateway, 'bodies/allocations', hashedAllocationPage)).items;
  const charges = (await get(gateway, 'bodies/charges', hashedChargePage)).items;
  const houses = (await get(gateway, 'bodies/houses', hashedHousePage)).items;
  const flexibility = (await get(gateway, 'bodies/flexibility', hashedFlexibilityPage)).items;
  return {
    of: 'USDUK',
    batch: (id: string) => batches.find(({ batchId }) => batchId === id),
    invoice: (id: string) => invoices.find(({ invoiceId }) => invoiceId === id)?.body,
    reservation: (id: string) => reservations.find(({ reservationId }) => reservationId === id)?.body,
    allocation: (id: string) => allocations.find(({ batchId }) => batchId === id),
    houseBatch: (of: string, at: number) =>
      houses.find(({ houseRef, number }) => houseRef === of && number === at),
    charge: (id: string) => charges.find(({ chargeId }) => chargeId === id)?.body,
    flexibility: (hash: string) => flexibility.find(({ bodyHash: each }) => each === hash)?.body,
    terms: (hash: string) => terms.find(({ body }) => bodyHash(body) === hash)?.body,
  };
};

/** Proves these sessions by bundles of either party, in turn; what each tells of its clearing. */
export const proveBundles = async (
  rig: GatewayRig,
  sessionIds: readonly string[],
  checkpoint: string,
): Promise<readonly Told['clearing'][]> => {
  const { blocks: height } = JSON.parse(checkpoint) as { blocks: number };
  const told: Told['clearing'][] = [];
  for (const [index, id] of sessionIds.entries()) {
    const gateway = index % 2 === 0 ? rig.duke : rig.alabama;
    const bundle = await get(gateway, `bundles/${id}?blocks=${height}`, auditBundle);
    const verdict = await verifyBundle(nodePrimitives, canonicalText(auditBundle, bundle), checkpoint);
    assert.ok(verdict.holds, verdict.holds ? '' : `${id}: ${verdict.firstFailure}`);
    told.push(verdict.told.clearing);
  }
  return told;
};

/** Proves these sessions by bundles of either party, and the ledger with the visited utility's bodies. */
export const proveAll = async (
  rig: GatewayRig,
  sessionIds: readonly string[],
): Promise<{ readonly bundles: readonly Told['clearing'][]; readonly ledger: LedgerTold }> => {
  const checkpoint = await checkpointOf(rig);
  const bundles = await proveBundles(rig, sessionIds, checkpoint);
  const blocks = await blocksOf(rig.duke);
  const bodies = await bodiesOf(rig.duke);
  const verdict = await verifyLedger(nodePrimitives, () => blocks.map(readBlockMessage), {
    checkpoint,
    bodies: () => bodies,
  });
  assert.ok(verdict.holds, verdict.holds ? '' : verdict.firstFailure);
  return { bundles, ledger: verdict.told };
};

/**
 * Proves a session that was settled after its bound: by the visited gateway's bundle alone, which has the way to the claim of its
 * end, and not without it or by another end's.
 */
export const proveLate = async (
  rig: GatewayRig,
  [sessionId, other]: readonly string[],
  inTime: string,
): Promise<void> => {
  const checkpoint = await checkpointOf(rig);
  const { blocks } = JSON.parse(checkpoint) as { blocks: number };
  const bundleOf = (id = '') => get(rig.duke, `bundles/${id}?blocks=${blocks}`, auditBundle);
  const [bundle, another] = [await bundleOf(sessionId), await bundleOf(other)];
  const verdictOf = async (claimWay: typeof bundle.bodies.claimWay) => {
    const { claimWay: _own, ...bodies } = bundle.bodies;
    const altered = { ...bundle, bodies: { ...bodies, ...(claimWay !== undefined && { claimWay }) } };
    const verdict = await verifyBundle(nodePrimitives, canonicalText(auditBundle, altered), checkpoint);
    return verdict.holds ? 'holds' : verdict.firstFailure;
  };
  assert.equal(await verdictOf(bundle.bodies.claimWay), 'holds');
  assert.match(await verdictOf(undefined), /settled later than agreed, and nobody had claimed it/);
  assert.match(await verdictOf(another.bodies.claimWay), /the claim is of other sessions/);
  const home = await rig.alabama.ask('auditor', 'GET', `/auditor/v1/bundles/${sessionId}?blocks=${blocks}`);
  assert.match(JSON.stringify(home.body), /ask the gateway of the visited utility/);
  // One that was claimed and settled in time all the same is proven by either.
  for (const gateway of [rig.duke, rig.alabama]) {
    const told = await get(gateway, `bundles/${inTime}?blocks=${blocks}`, auditBundle);
    assert.equal(told.bodies.claimWay, undefined);
    const verdict = await verifyBundle(nodePrimitives, canonicalText(auditBundle, told), checkpoint);
    assert.ok(verdict.holds, verdict.holds ? '' : verdict.firstFailure);
  }
};

/** That an authority is told how each dispute stood at the block that it asks for, and that there was none when its record was settled. */
const requireReported = async (rig: GatewayRig, disputes: readonly ShownDispute[]): Promise<void> => {
  const statesAt = async (asOfBlock: number): Promise<ReadonlyMap<string, string | undefined>> => {
    const path = `/authority/v1/records?fromMs=0&untilMs=4102444800000&limit=500&asOfBlock=${asOfBlock}`;
    const { status, body } = await rig.alabama.ask('authority', 'GET', path);
    assert.equal(status, 200, JSON.stringify(body));
    const { items } = authorityRecordPage.parse(body);
    return new Map(items.map(({ cdr, disputed }) => [cdr.sessionId, disputed]));
  };
  const { blocks } = await get(rig.alabama, 'checkpoint', signedChainState);
  const now = await statesAt(blocks - 1);
  for (const { body, record } of disputes) {
    const sessionId = body?.sessionId ?? '';
    assert.equal(now.get(sessionId), record.state);
    const { settle } = await get(rig.alabama, `bundles/${sessionId}?blocks=${blocks}`, auditBundle);
    const then = await statesAt(settle.block);
    assert.ok(then.has(sessionId) && then.get(sessionId) === undefined);
    assert.ok(!(await statesAt(settle.block - 1)).has(sessionId));
  }
};

/** Proves every disputed record, one of which led to a credit note, and the ledger that they stand on. Gives how many there are. */
export const proveDisputed = async (rig: GatewayRig): Promise<number> => {
  const { status, body } = await rig.duke.ask('aaa', 'GET', '/internal/v1/disputes?role=vun&limit=500');
  assert.equal(status, 200, JSON.stringify(body));
  const { items } = disputePage.parse(body);
  const ids = items.flatMap((item) => item.body?.sessionId ?? []);
  const { bundles, ledger } = await proveAll(rig, ids);
  const has = (begin: string) =>
    bundles.filter((states) => [...states.keys()].some((key) => key.startsWith(begin))).length;
  assert.equal(has('dispute:'), ids.length);
  assert.ok(has('credit:') > 0);
  assert.equal(ledger.invoices.get('cancelled'), 1);
  assert.equal(ledger.bodies?.without, 0);
  await requireReported(rig, items);
  return ids.length;
};
