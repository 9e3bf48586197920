import assert from 'node:assert/strict';
import { makeKey } from '@roamgrid/service-kit/testing';
import { meterKeyOf, sessionCloseBody, verifyOcmf, type SessionCloseBody } from '@roamgrid/wire';
import { startMachines, type MachinesUnderTest } from '../../testing/machines.ts';
import { until } from '../../testing/until.ts';
import { groundOf, settledOf } from './testing/settled-there.ts';
import { openStations, operatorPublicKey, type Fresh, type Json } from './testing/rig.ts';

const CORRECTED_MS = 900_000;

/** The utility's own AAA node and gateway as stubs: what they make of it on the ledger the scenario shows. */
describe('a credit of a partner’s for what our customer charged there', () => {
  let rig: Awaited<ReturnType<typeof openStations>>;
  let machines: MachinesUnderTest;
  /** What the AAA node was asked to take back. */
  const taken = (sessionId?: string) =>
    machines.asked
      .filter(({ what }) => what === 'POST /operator/v1/take-backs')
      .map(({ body }) => body as { sessionId: string; statement: string; close?: Json })
      .filter((one) => sessionId === undefined || one.sessionId === sessionId);
  const sessionIdOf = (which: Fresh): string => {
    const [session] = rig.atOutlet(which);
    return [...rig.gateway.sessions].find(([, one]) => one === session)?.[0] ?? '';
  };
  /** A session that is billed by its CDR. */
  const bill = async (kwh: string, total: string, more: Json = {}): Promise<Fresh> => {
    const which = rig.fresh();
    await rig.authorise(which.location);
    await rig.tellSession(which, '0');
    await rig.session(which, 'a start', (row) => row['state'] === 'open');
    rig.pass(600_000);
    await rig.tellCdr(rig.cdrOf(which, kwh, total, more));
    await rig.settled(which);
    return which;
  };
  const creditOf = (which: Fresh, kwh: string, total: string, more: Json = {}): Promise<void> =>
    rig.tellCdr(
      rig.cdrOf(which, kwh, `-${total}`, {
        ...{ id: `C-${which.at}-C`, credit: true, credit_reference_id: `c-${which.at}`, ...more },
      }),
    );
  const listed = (which: Fresh, isSo: (row: Json) => boolean = () => true, suffix = '-C') =>
    until(`the credit of C-${which.at}`, async () =>
      (await rig.listed('partner-credits')).find(
        (row) => row['creditKey'] === `C-${which.at}${suffix}` && isSo(row),
      ),
    );

  before(async () => {
    machines = await startMachines();
    machines.on('POST /operator/v1/take-backs', () => undefined);
    rig = await openStations({
      tokens: { lifeMs: 400 * 86_400_000 },
      times: { correctedCdr: CORRECTED_MS, prune: 50 },
      standIn: { gatewayUrl: machines.url, aaaUrl: machines.url, machineKey: makeKey('ocpi-1') },
    });
  });
  beforeEach(() => rig.calm());
  after(async () => {
    machines.close();
    await rig.close();
  });

  it('has the record taken back on the ledger, once, when no corrected CDR came in time', async () => {
    const which = await bill('10.0', '3.00');
    const end_date_time = new Date(rig.startOf(which.id) + 600_000).toISOString();
    for (let time = 0; time < 2; time += 1) await creditOf(which, '10.0', '3.00', { end_date_time });
    await listed(which, (row) => row['state'] === 'waiting');
    assert.deepEqual(taken(sessionIdOf(which)), []);
    rig.pass(CORRECTED_MS);
    await listed(which, (row) => row['state'] === 'taken');
    await rig.inboxEmpty();
    assert.deepEqual(taken(sessionIdOf(which)), [
      { sessionId: sessionIdOf(which), statement: `OCPI credit C-${which.at}-C of DERHK` },
    ]);
    await rig.tellCdr(rig.cdrOf(which, '9.0', '2.70', { id: `C-${which.at}-N` }));
    const [note] = await until('a note', async () => {
      const notes = (await rig.listed('partner-unbilled')).filter(({ key }) => key === `C-${which.at}-N`);
      return notes.length > 0 ? notes : undefined;
    });
    assert.deepEqual([note?.['code'], note?.['milliWh']], ['after-credit', '9000000']);
  });

  it('is another close of the session where a corrected CDR states less', async () => {
    const which = await bill('10.0', '3.00');
    const sessionId = sessionIdOf(which);
    const [session] = rig.atOutlet(which);
    assert.ok(session);
    const body = await settledOf(sessionId, session);
    machines.on(`GET /auditor/v1/sessions/${sessionId}`, () => ({ settledBody: body }));
    groundOf(machines);
    await creditOf(which, '10.0', '3.00');
    await rig.tellCdr(rig.cdrOf(which, '7.5', '2.25', { id: `C-${which.at}-N` }));
    await listed(which, (row) => row['state'] === 'taken' && row['isRevision'] === true);
    const [asked] = taken(sessionId);
    const close: SessionCloseBody = sessionCloseBody.parse(asked?.close);
    assert.equal(taken(sessionId).length, 1);
    const gain =
      (close.readings.at(-1)?.registerMilliWh ?? 0n) - (close.readings.at(0)?.registerMilliWh ?? 0n);
    assert.equal(gain, 7_500_000n);
    assert.ok(close.statement.form === 'ocmf');
    const key = meterKeyOf(operatorPublicKey());
    assert.ok(key.ok && verifyOcmf(close.statement.end, key.value).ok, 'the operator vouches for it');
    const row = await rig.session(which, 'the new CDR', (one) => one['cdrKey'] === `C-${which.at}-N`);
    assert.deepEqual(row['differences'], [], 'the ledger rates it as the new CDR says');
  });

  it('takes nothing back where the corrected CDR states no less', async () => {
    const which = await bill('10.0', '3.00');
    const sessionId = sessionIdOf(which);
    const [session] = rig.atOutlet(which);
    assert.ok(session);
    const body = await settledOf(sessionId, session);
    machines.on(`GET /auditor/v1/sessions/${sessionId}`, () => ({ settledBody: body }));
    await creditOf(which, '10.0', '3.00');
    await rig.tellCdr(rig.cdrOf(which, '10.0', '4.00', { id: `C-${which.at}-N` }));
    const row = await listed(which, ({ code }) => code === 'replaced');
    assert.equal(row['state'], 'nothing');
    rig.pass(CORRECTED_MS);
    const now = await rig.session(which, 'it is compared', (one) => one['cdrKey'] === `C-${which.at}-N`);
    assert.equal((now['differences'] as readonly Json[])[0]?.['declared'], '4');
    assert.deepEqual(taken(sessionId), []);
  });

  it('is a question where it is not what was booked, and is answered by nobody but an operator', async () => {
    const dear = await bill('10.0', '4.00');
    await creditOf(dear, '10.0', '4.00');
    const [other, half, twice] = [
      await bill('1.0', '0.30'),
      await bill('1.0', '0.30'),
      await bill('1.0', '0.30'),
    ];
    await creditOf(other, '1.0', '0.30', { currency: 'EUR' });
    await creditOf(half, '1.0', '0.15');
    await creditOf(twice, '1.0', '0.30');
    await listed(twice, (row) => row['state'] === 'waiting');
    await creditOf(twice, '1.0', '0.30', { id: `C-${twice.at}-D` });
    const codes = [
      await listed(dear),
      await listed(other),
      await listed(half),
      await listed(twice, undefined, '-D'),
    ];
    assert.deepEqual(
      codes.map(({ state, code }) => [state, code]),
      [['question', 'not-as-billed'], ...[1, 2, 3].map(() => ['question', 'mirrors-nothing'])],
    );
    assert.match(String(codes[3]?.['detail']), /took it back before/);
    machines.on('POST /operator/v1/take-backs', () => ({ code: 'DISPUTE_REFUSED' }));
    rig.pass(CORRECTED_MS);
    assert.equal((await listed(twice, ({ state }) => state === 'question'))['code'], 'ledger-refused');
    for (const one of [dear, other, half]) assert.deepEqual(taken(sessionIdOf(one)), []);
    machines.on('POST /operator/v1/take-backs', () => undefined);
  });

  it('waits for the AAA node, for its CDR, and is nothing where nobody was billed', async () => {
    const which = rig.fresh();
    await rig.authorise(which.location);
    await rig.tellSession(which, '0');
    await rig.session(which, 'a start', (row) => row['state'] === 'open');
    await creditOf(which, '2.0', '0.60');
    assert.equal((await listed(which))['code'], 'mirrors-nothing');
    machines.on('POST /operator/v1/take-backs', () => ({ code: 'RECORD_UNKNOWN' }));
    await rig.tellCdr(rig.cdrOf(which, '2.0', '0.60'));
    await listed(which, (row) => row['state'] === 'waiting');
    rig.pass(CORRECTED_MS);
    const faulty = await listed(which, ({ fault }) => fault !== null);
    assert.match(String(faulty['fault']), /RECORD_UNKNOWN/);
    machines.on('POST /operator/v1/take-backs', () => undefined);
    await listed(which, (row) => row['state'] === 'taken');
    const nobodys = rig.fresh();
    await rig.tellCdr(rig.cdrOf(nobodys, '1.0', '0.30'));
    await rig.unbilled(nobodys);
    await creditOf(nobodys, '1.0', '0.30');
    assert.deepEqual(await listed(nobodys).then(({ state, code }) => [state, code]), [
      'nothing',
      'not-booked',
    ]);
  });

  it('and its CDR are deleted after a year, and told again bill nobody twice', async () => {
    const [which, nobodys] = [await bill('3.0', '0.90'), rig.fresh()];
    await rig.tellCdr(rig.cdrOf(nobodys, '1.0', '0.30'));
    await rig.unbilled(nobodys);
    const cdr = rig.cdrOf(which, '3.0', '0.90');
    const { db } = rig.store;
    const kept = () =>
      db.selectFrom('peer_object').select(['module', 'object_key']).execute() as Promise<
        readonly { module: string; object_key: string }[]
      >;
    const has = async (module: string, key: string): Promise<boolean> =>
      (await kept()).some((row) => row.module === module && row.object_key === key);
    assert.ok(await has('sessions', which.id));
    rig.pass(91 * 86_400_000);
    await until('the session is gone', async () => ((await has('sessions', which.id)) ? undefined : true));
    assert.ok(await has('cdrs', `C-${which.at}`));
    rig.pass(275 * 86_400_000);
    await until('the CDR is gone', async () => ((await has('cdrs', `C-${which.at}`)) ? undefined : true));
    assert.ok(await has('cdrs', `C-${nobodys.at}`), 'nobody was billed for it yet');
    assert.deepEqual(await db.selectFrom('partner_offer').selectAll().execute(), []);
    const notes = await rig.listed('partner-unbilled');
    await rig.tellCdr(cdr);
    await until('it is here again', async () => (await has('cdrs', `C-${which.at}`)) || undefined);
    await rig.inboxEmpty();
    assert.deepEqual(rig.billed(which), [3_000_000n]);
    assert.deepEqual(await rig.listed('partner-unbilled'), notes);
  });
});
