import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  auditedEnergyCredits,
  auditedHouseBatches,
  bodyHash,
  canonicalText,
  creditHolder,
  creditMove,
  DOCUMENT_TYPE,
  hashTree,
  houseBody,
  houseConfirmation,
  houseEntry,
  publicJwk,
  sealBody,
  sealHouseBatch,
  signDocument,
  signOcmf,
  type HouseBody,
  type HouseEntry,
  type MeteredFlow,
} from '@roamgrid/wire';
import { DEFAULT_CHANNEL } from '@roamgrid/test-network';
import { testNow } from '../testing/clock.ts';
import { AGREEMENT_ID, ALABAMA, DUKE } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { proveAll } from '../testing/prove-all.ts';
import { readPurge } from '../testing/rows.ts';

const newSalt = () => randomBytes(32).toString('hex');
const makeKey = (kid: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, jwk: publicJwk.parse({ ...publicKey.export({ format: 'jwk' }), kid }) };
};
const PAIR = { agreementId: AGREEMENT_ID, vun: DUKE, hun: ALABAMA };
const METER = { meterId: 'car-7', evseId: 'US*ALP*EHOUSE*1' };
const [panel, meter, carA, carB] = ['panel', 'meter', 'a', 'b'].map(makeKey);
if (!panel || !meter || !carA || !carB) throw new Error('four keys were made');

const given = (atMs: number, untilMs: number): MeteredFlow => {
  const reading = { sync: 'S' as const };
  const ocmf = signOcmf(
    {
      gateway: { model: 'm', serial: METER.meterId, version: '1' },
      meter: { vendor: 'v', model: 'm', serial: METER.meterId, firmware: '1' },
      ...{ page: 1, evseId: METER.evseId, sessionId: 'given-1' },
      readings: [
        { ...reading, atMs, transaction: 'B', registerMilliWh: 1_000_000n },
        { ...reading, atMs: untilMs, transaction: 'E', registerMilliWh: 3_000_000n },
      ],
    },
    meter.privateKey,
  );
  return {
    ...{ kind: 'flow', atMs, untilMs, meterRef: 'car', of: 'ev', counts: 'in', energyWh: 2_000n },
    signed: {
      fromMs: atMs,
      toMs: untilMs,
      fromRegisterMilliWh: 1_000_000n,
      toRegisterMilliWh: 3_000_000n,
      ocmf,
    },
    creditTo: creditHolder(carA.jwk),
    salt: newSalt(),
  };
};

describe('a house and its car', function () {
  this.timeout(90_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('houses');
  });
  after(() => rig.close());

  it('are recorded through either utility’s gateway, confirmed by block and transaction, and seen whole by both alone', async () => {
    const houseRef = createHash('sha256').update(newSalt()).digest('hex');
    const body: HouseBody = {
      houseRef,
      meters: [{ meterRef: 'car', of: 'ev', counts: 'in', ...METER, publicKey: meter.jwk }],
      salt: newSalt(),
    };
    const home = sealBody(houseBody, body);
    const registered = await rig.alabama.tell(
      {
        path: 'grid/registerHouse',
        command: {
          ...{ commandId: 'house-1', ...PAIR, houseRef, bodyHash: home.hash },
          untilMs: testNow() + 90 * 86_400_000,
          panelKeys: [panel.jwk],
        },
        transient: { house: JSON.parse(home.text) as unknown },
      },
      'aaa',
    );
    assert.equal(registered.status, 200, JSON.stringify(registered.body));

    const fromMs = testNow() + 1_000;
    const flow = given(fromMs + 1_000, fromMs + 30_000);
    const entries: HouseEntry[] = [
      {
        kind: 'event',
        atMs: fromMs,
        code: 'CIRCUIT_OPENED',
        of: 'kitchen',
        reason: 'outage',
        salt: newSalt(),
      },
      flow,
    ];
    const batch = await sealHouseBatch(
      { ...PAIR, houseRef, number: 1, fromMs, untilMs: fromMs + 60_000, body, entries, salt: newSalt() },
      { kid: 'panel', key: panel.privateKey },
    );
    const { command, transient } = batch;
    const where = `/internal/v1/houses/${houseRef}/batches/1`;
    assert.equal((await rig.duke.ask('aaa', 'GET', where)).status, 404);
    const told = await rig.duke.tell({ path: 'grid/recordHouse', command, transient }, 'aaa');
    assert.equal(told.status, 200, JSON.stringify(told.body));
    const first = houseConfirmation.parse((await rig.duke.ask('aaa', 'GET', where)).body);
    // Told again it is the same batch, where it was.
    assert.equal((await rig.duke.tell({ path: 'grid/recordHouse', command, transient }, 'aaa')).status, 200);
    assert.deepEqual(houseConfirmation.parse((await rig.duke.ask('aaa', 'GET', where)).body), first);
    assert.equal(first.transactionId, (told.body as { transactionId: string }).transactionId);
    assert.equal(first.record.headerHash, batch.headerHash);

    const shownAt = async (gateway: Awaited<ReturnType<GatewayRig['auditor']>>) => {
      const { body } = await gateway.ask('auditor', 'GET', `/auditor/v1/houses/${houseRef}/batches`);
      return auditedHouseBatches.parse(body).items[0];
    };
    for (const gateway of [rig.duke, rig.alabama]) {
      const shown = await until('the batch is read', () => shownAt(gateway));
      assert.deepEqual([shown.entries, shown.transactionId], [entries, first.transactionId]);
    }
    const third = await until('an auditor reads it', async () => shownAt(await rig.auditor()));
    assert.deepEqual([third.record, third.header, third.entries], [first.record, undefined, undefined]);

    const texts = entries.map((entry) => canonicalText(houseEntry, entry));
    const creditId = bodyHash(flow.signed?.ocmf ?? '');
    const granted = await rig.duke.tell(
      {
        path: 'grid/grantCredit',
        command: {
          ...{ commandId: `credit-${creditId.slice(0, 24)}`, ...PAIR, houseRef, number: 1 },
          ...{ creditId, wh: '2000', holder: creditHolder(carA.jwk) },
        },
        transient: {
          entry: JSON.parse(texts[1] ?? '') as unknown,
          path: hashTree(texts.map(bodyHash)).pathTo(1),
        },
      },
      'aaa',
    );
    assert.equal(granted.status, 200, JSON.stringify(granted.body));
    const order = await signDocument(
      creditMove,
      DOCUMENT_TYPE.creditMove,
      {
        ...{
          moveId: 'm1',
          channel: DEFAULT_CHANNEL,
          to: creditHolder(carB.jwk),
          validUntilMs: testNow() + 600_000,
        },
        parts: [{ creditId, holdingFromWh: 0n, fromWh: 0n, toWh: 500n }],
      },
      { kid: 'a', key: carA.privateKey },
    );
    const move = (commandId: string) =>
      rig.alabama.tell({ path: 'grid/moveCredit', command: { commandId, order, key: carA.jwk } }, 'aaa');
    assert.equal((await move('move-1')).status, 200);
    assert.equal((await move('move-2')).status, 409);
    const heldBy = async (key: typeof carA) => {
      const path = `/auditor/v1/energy-credits?holder=${creditHolder(key.jwk)}`;
      const { items } = auditedEnergyCredits.parse((await rig.alabama.ask('auditor', 'GET', path)).body);
      return items.map(({ fromWh, toWh }) => [fromWh, toWh]);
    };
    assert.deepEqual(await Promise.all([carA, carB].map(heldBy)), [[[500n, 2_000n]], [[0n, 500n]]]);

    const { ledger } = await proveAll(rig, []);
    assert.deepEqual([ledger.houseBatches, ledger.creditMoves, ledger.bodies?.houseBatches], [1, 1, 1]);

    const place = `${houseRef}:0000000001`;
    await readPurge(rig, 'houses_duke', [`houseBatch:${place}`, `houseEntries:${place}`]);
    assert.equal((await shownAt(rig.duke))?.entries, undefined, 'what was purged is not kept here either');
  });
});
