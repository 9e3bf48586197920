import assert from 'node:assert/strict';
import { meterKeyOf, verifyOcmf, type Cdr } from '@roamgrid/wire';
import { EVSE, makeKey } from '@roamgrid/service-kit/testing';
import { locationText, tokenText } from '../../objects/examples.fixture.ts';
import { startMachines, type MachinesUnderTest } from '../../testing/machines.ts';
import { startPlatform, type Platform } from '../../simulator/platform.ts';
import { disputeChange, gatewaySays, reviseSession, settleSession } from '../../testing/settled.ts';
import { until } from '../../testing/until.ts';
import { bringIn, makeTown, type DoorUnderTest, type Town } from '../../testing/world.ts';

const CIN_REF = 'c1'.repeat(32);
const REVISED_MILLI_WH = 10_000_000n;

interface ToldCdr {
  readonly id: string;
  readonly credit?: boolean;
  readonly credit_reference_id?: string;
  readonly total_energy: number;
  readonly total_cost: {
    readonly excl_vat?: number;
    readonly incl_vat?: number;
    readonly before_taxes?: number;
    readonly taxes?: readonly { readonly amount: number }[];
  };
  readonly signed_data: { public_key: string; signed_values: { signed_data: string }[] };
}

/** In micros: before tax, and with it. */
const totalOf = ({ total_cost: cost }: ToldCdr): readonly [number, number] => {
  const before = cost.excl_vat ?? cost.before_taxes ?? Number.NaN;
  const after = cost.incl_vat ?? before + (cost.taxes ?? []).reduce((sum, { amount }) => sum + amount, 0);
  return [Math.round(before * 1e6), Math.round(after * 1e6)];
};
const dueOf = ({ netMicros, totalMicros }: Cdr, sign = 1) => [
  sign * Number(netMicros),
  sign * Number(totalMicros),
];

for (const version of ['2.2.1', '2.3.0'] as const)
  describe(`what a dispute makes of a session of a partner’s driver, by OCPI ${version}`, () => {
    let town: Town;
    let alabama: DoorUnderTest;
    let platform: Platform;
    let machines: MachinesUnderTest;
    let session: Awaited<ReturnType<typeof settleSession>>;
    let token = '';
    const changes: object[] = [];
    const posted = (): readonly ToldCdr[] =>
      platform.heard
        .filter(({ path, method }) => path === '/receiver/cdrs' && method === 'POST')
        .map(({ body }) => JSON.parse(body) as ToldCdr);
    const held = async () => (await alabama.operate('GET', '/operator/v1/held-records')).body.items;
    const toldAre = (count: number) =>
      until(`${count} CDRs`, () => (posted().length === count ? posted() : undefined));

    before(async () => {
      town = await makeTown();
      machines = await startMachines();
      session = await settleSession(CIN_REF);
      const says = gatewaySays(session);
      const hasCard = () => machines.asked.some(({ what }) => what.startsWith('POST /operator/v1/cins/'));
      const after = (what: string) =>
        new URL(`http://x${what.split(' ')[1] ?? ''}`).searchParams.get('after');
      machines.on('GET /internal/v1/cdrs', (what) =>
        hasCard() && after(what) === '' ? says.page : { items: [], cursor: '1' },
      );
      machines.on('GET /internal/v1/dispute-changes?role=hun', (what) => {
        const from = Number(after(what));
        return { items: changes.slice(from), cursor: String(Math.max(from, changes.length)) };
      });
      machines.on('GET /internal/v1/agreements/', () => says.agreement);
      machines.on('GET /auditor/v1/sessions/', () => ({ settledBody: says.settledBody }));
      machines.on('GET /internal/v1/tariffs/', () => says.tariff);
      machines.on('GET /internal/v1/registry/stations/', () => says.station);
      machines.on('POST /operator/v1/customers/', () => ({ cinRef: CIN_REF, cin: 'x' }));
      machines.on('POST /operator/v1/cins/', () => ({ tokenId: 't-1' }));
      machines.on('PUT /operator/v1/driver-tokens/', () => undefined);
      alabama = await town.open('USALP', {
        times: { outbox: 20, feed: 20, firstRetry: 20, longestRetry: 40 },
        standIn: { gatewayUrl: machines.url, aaaUrl: machines.url, machineKey: makeKey('ocpi-1') },
      });
      platform = await startPlatform(version, ['sessions RECEIVER', 'cdrs RECEIVER', 'tokens SENDER']);
      token = await bringIn(alabama, platform, 'cards', 'NLMSP', 'EMSP');
      await alabama.operate('PUT', '/operator/v1/partners/cards/stand-in', { customerId: 'alabama-cards' });
      const put = await platform.ask(
        `${alabama.door.url}/ocpi/${version}/receiver/tokens/NL/MSP/04A1B2C3D4E580`,
        token,
        { method: 'PUT', text: tokenText },
      );
      assert.equal(put.status, 201, put.text);
    });
    after(async () => {
      platform.close();
      machines.close();
      await town.close();
    });

    it('is not told while it lasts, nor before the record itself', async () => {
      await until('the record waits', async () => (await held()).length === 1 || undefined);
      changes.push(disputeChange(session, { state: 'disputed' }));
      const revised = reviseSession(session, REVISED_MILLI_WH);
      changes.push(disputeChange(session, { state: 'revised', late: true }, revised));
      changes.push(disputeChange(session, { state: 'settled', late: true }, revised));
      const faults = await until('both wait', async () => {
        const items = await held();
        return items.length === 2 ? items.map(({ fault }) => (fault ?? '').split(':')[0]).sort() : undefined;
      });
      assert.deepEqual(faults, ['LOCATION_MISSING', 'RECORD_NOT_TOLD']);
      assert.deepEqual(posted(), []);
    });

    it('is a credit CDR and then a new one, each once, whatever the partner answers at first', async () => {
      let tries = 0;
      // Of the first three tries none is taken: what comes later must not overtake.
      platform.say(({ path }) => (path === '/receiver/cdrs' && ++tries <= 3 ? { status: 503 } : undefined));
      const shown = locationText
        .replaceAll('"DE"', '"US"')
        .replaceAll('RHK', 'ALP')
        .replace('DE*ALP*E1', EVSE);
      assert.equal((await alabama.operate('PUT', '/operator/v1/own/locations', { text: shown })).status, 200);
      await toldAre(6);
      const [original, credit, revised] = posted().slice(3);
      assert.ok(original && credit && revised);
      assert.deepEqual(
        new Set(
          posted()
            .slice(0, 4)
            .map(({ id }) => id),
        ),
        new Set([original.id]),
      );
      const { cdr } = reviseSession(session, REVISED_MILLI_WH);
      assert.equal(original.credit, undefined);
      assert.deepEqual(totalOf(original), dueOf(session.cdr));
      assert.deepEqual([credit.credit, credit.credit_reference_id], [true, original.id]);
      assert.deepEqual(totalOf(credit), dueOf(session.cdr, -1));
      const { id: _i, credit: _c, credit_reference_id: _r, total_cost: _t, ...same } = credit;
      const { id: _o, total_cost: _u, ...before } = original;
      assert.deepEqual({ ...same, last_updated: '' }, { ...before, last_updated: '' }, 'else as it was');
      assert.deepEqual([revised.credit, revised.credit_reference_id], [undefined, undefined]);
      assert.deepEqual(totalOf(revised), dueOf(cdr));
      assert.equal(revised.total_energy, 10);
      const key = meterKeyOf(revised.signed_data.public_key);
      assert.ok(key.ok);
      assert.ok(verifyOcmf(revised.signed_data.signed_values[0]?.signed_data ?? '', key.value).ok);
      assert.equal(new Set([original, credit, revised].map(({ id }) => id)).size, 3);
    });

    it('is pulled in the same order', async () => {
      const { json } = await platform.ask(`${alabama.door.url}/ocpi/${version}/sender/cdrs`, token);
      const ids = (json.data as readonly ToldCdr[]).map(({ id }) => id);
      assert.deepEqual(
        ids,
        posted()
          .slice(3)
          .map(({ id }) => id),
      );
    });

    it('is told once, however often the ledger’s change is read', async () => {
      const revised = reviseSession(session, REVISED_MILLI_WH);
      changes.push(disputeChange(session, { state: 'settled', late: true }, revised));
      const { db } = await alabama.store();
      await until('it was read', async () => {
        const mark = await db
          .selectFrom('feed_mark')
          .select('cursor')
          .where('feed', '=', 'disputes:hun')
          .execute();
        const left = await db.selectFrom('correction_out').selectAll().execute();
        return mark[0]?.cursor === '4' && left.length === 0 ? true : undefined;
      });
      assert.equal(posted().length, 6);
    });
  });
