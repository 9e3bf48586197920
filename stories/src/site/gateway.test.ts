import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONTROLLER, primesProgram } from '@roamgrid/compute-agent/samples';
import { gridOf, startStage, type Stage } from '@roamgrid/energy-controller/stage';
import {
  allocatedSlot,
  auditedAllocationPage,
  auditedHouseBatches,
  auditedTamperingPage,
  bookedSpans,
  canonicalJson,
  chargeRunAnswer,
  computeEnergy,
  siteAllocations,
  siteEvents,
  stationCalendar,
  unpackBodies,
  type AllocatedSlot,
  type StationCalendar,
} from '@roamgrid/wire';
import { DEFAULT_CHANNEL } from '@roamgrid/test-network';
import { BOOKING, TERMS } from '../scenario/story.ts';
import { foundConsortium } from '../system/admission.ts';
import { asker } from '../system/ask.ts';
import { ALABAMA_POWER, DUKE_ENERGY, type UtilityDefinition } from '../system/consortium.ts';
import { agree, publishAndBind, registerStations } from '../system/register.ts';
import { startSystem, type LocalSystem } from '../system/system.ts';
import { until } from '../system/until.ts';
import { signIn } from './site-5.ts';
import type { BookingDriver } from './site-5-driver.ts';
import { makeCabinets, type Cabinets } from './cabinets.ts';
import { standAtOutlet } from './testing/at-the-outlet.ts';
import { creditRow, houseRow, registerHouse, type LedgerDoor } from './house-ledger.ts';
import { LosingFront } from './testing/losing-front.ts';
import { cancelLateAbroad } from './testing/cancel-late.ts';
import { GateWithCentre } from './testing/gate-with-centre.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SLOT_MS = 1_000;
const BATCH_SLOTS = 2;
/** Of the tariff that is agreed, micros a kWh. */
const PRICE = '400000';
const EVSE = 'US*DUK*EHUB*1';
const [DUK, ALP] = [DUKE_ENERGY.utilityId, ALABAMA_POWER.utilityId];

const DUKE: UtilityDefinition = {
  ...DUKE_ENERGY,
  stations: (
    [
      ['s1', EVSE, 'Hub'],
      ['s2', 'US*DUK*EHUB2*1', 'Hub'],
      ['s3', 'US*DUK*EYARD*1', 'Yard'],
    ] as const
  ).map(([stationId, evseId, name]) => ({
    ...{ stationId, name, address: '1 Main Street, Durham', timeZone: 'America/New_York' },
    outlets: [{ evseId, meterId: `METER-${stationId}`, maxPowerW: 50_000n }],
  })),
};

const TARIFF = canonicalJson({
  ...{ country_code: 'US', party_id: 'DUK', id: 'USDUK-FLAT', currency: 'USD' },
  elements: [{ price_components: [{ type: 'ENERGY', price: '0.4', vat: '0', step_size: 1 }] }],
  last_updated: '2026-01-01T00:00:00Z',
});

describe('a site that knows its utility’s gateway', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'recorded-'));
  const front = new LosingFront(`${DUK.toLowerCase()}/gateway`);
  let system: LocalSystem;
  let cabinets: Cabinets;
  let stage: Stage;
  let driver: BookingDriver;

  before(async () => {
    system = await startSystem({
      ...{ stateDir: join(folder, 'system'), utilities: [ALABAMA_POWER, DUKE], between: front },
      ...{ ledger: { kind: 'embedded' }, tuning: { logLevel: 'silent' }, progress: () => undefined },
    });
    const [alabama, duke] = [system.utility(ALP), system.utility(DUK)];
    await foundConsortium([alabama, duke], Date.now());
    await registerStations(duke, DUKE, system.keys);
    const startMs = Date.now() - DAY_MS;
    const terms = await agree(duke, alabama, { ...TERMS, booking: BOOKING }, startMs);
    const tariff = { tariffId: 'USDUK-FLAT', tariffVersion: 1, tariffJson: TARIFF };
    await publishAndBind(duke, { ...tariff, validFromMs: startMs, validUntilMs: startMs + 300 * DAY_MS }, [
      terms,
    ]);
    const programs = [primesProgram({ runningW: '40000', coreW: '36000' })];
    cabinets = await makeCabinets(join(folder, 'cabinets'), ['s1', 's2'], { programs });
    const settings = cabinets.neighbours.settingsOf('s1');
    settings.meter.intervalMs = SLOT_MS;
    const agent = await cabinets.start('s1');
    stage = await startStage({
      clock: Date.now,
      folder: join(folder, 'controller'),
      controller: {
        gateway: { url: duke.gateway.url, iss: 'aaa', key: system.keys.key(`${DUK}-aaa`) },
      },
      nodes: [
        { nodeId: 'site', kind: 'connection', hard: { totalW: '60000' } },
        { nodeId: 'rack', kind: 'circuit', parentId: 'site' },
        { nodeId: 'outlet', kind: 'outlet', parentId: 'site' },
      ],
      sources: [{ source: gridOf(100_000n), isTold: false }],
      loads: [{ loadId: 'outlet', nodeId: 'outlet', aloneW: 0n, claims: [] }],
      site: {
        loads: [
          {
            ...{ loadId: 'servers', nodeId: 'rack', aloneW: '20' },
            adapter: {
              ...{ kind: 'servers', cabinetId: 's1', url: agent.url },
              identity: await cabinets.neighbours.identityOf(CONTROLLER),
            },
          },
        ],
        record: recordAt('1', 's2'),
        house: { ...(await registerHouse(doorOf(ALP), pair)), batchMs: 1_000, noteMs: 500 },
        sampleMs: 500,
        booking: {
          ...{ stationId: 's1', outlets: [{ evseId: EVSE, loadId: 'outlet', maxW: '50000' }] },
          calendar: { cabinets: [{ stationId: 's2', cabinetId: 's2' }] },
        },
      },
    });
    await cabinets.submit('s1', 'bulk', 'peripheral', 99_999_999);
  });
  const doorOf = (utilityId: string): LedgerDoor => {
    const { gateway, auditor } = system.utility(utilityId);
    return {
      ...{ url: gateway.url, auditor },
      aaa: asker(system.keys.key(`${utilityId}-aaa`), 'aaa', utilityId, 'aaa'),
    };
  };
  const pair = { agreementId: TERMS.agreementId, vun: DUK, hun: ALP };
  after(async () => {
    await stage.close();
    await cabinets.close();
    await system.close();
    front.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the site's configuration says of it, at a price. */
  const recordAt = (microsPerKWh: string, cabinetId = 's1') => {
    const { meterId, evseId } = cabinets.neighbours.settingsOf('s1').meter;
    const { key } = cabinets.neighbours.settingsOf(cabinetId).meter;
    const { d: _secret, ...publicKey } = key;
    return {
      ...{ agreementId: TERMS.agreementId, hun: ALP, stationId: 's1', currency: 'USD' },
      ...{ tariffId: 'USDUK-FLAT', tariffVersion: 1, microsPerKWh, slotMs: SLOT_MS, batchSlots: BATCH_SLOTS },
      meters: [{ loadId: 'servers', meterId, evseId, publicKey }],
    };
  };
  const look = async (): Promise<void> => {
    await stage.controller.sites.get('s1')?.recorder?.look();
  };
  const liveFor = async (ms: number): Promise<void> => {
    for (const endMs = Date.now() + ms; Date.now() < endMs;) {
      await stage.step();
      await sleep(150);
    }
  };
  const recorded = async () => {
    const url = `${system.utility(DUK).gateway.url}/auditor/v1/allocations?siteId=s1`;
    return (await system.utility(DUK).auditor('GET', url, undefined, auditedAllocationPage)).items;
  };
  const allocations = async () => {
    const { body } = await stage.ask('GET', '/operator/v1/sites/s1/allocations');
    return siteAllocations.parse(body).allocations;
  };
  /** Until the controller has nothing open. */
  const settled = async (): Promise<void> => {
    for (let tries = 0; tries < 40; tries += 1) {
      await look();
      const [newest] = await allocations();
      if (newest?.state === 'taken') return;
      await sleep(250);
    }
    assert.fail(JSON.stringify(await allocations(), (_, value: unknown) => String(value)));
  };

  it('tells its decisions and what its servers’ meter signed in batches that the contract adds up', async () => {
    await liveFor(2 * BATCH_SLOTS * SLOT_MS);
    await look();
    // It awaits energy that its own meter signed.
    assert.deepEqual(await allocations(), []);
    await stage.startAnew({ record: recordAt('1') });
    await look();
    const [refused] = await allocations();
    assert.equal(refused?.state, 'refused');
    assert.ok((await recorded()).every(({ record }) => record.batchId !== refused.batchId));
    assert.match(refused.refusal ?? '', /Wh come to \d+ micros/);
    await stage.startAnew({ record: recordAt(PRICE) });
    await settled();
    const items = await recorded();
    const slots = items.flatMap((item): AllocatedSlot[] => {
      const texts = unpackBodies(item.slots ?? '');
      assert.ok(texts.ok);
      return texts.value.map((text) => allocatedSlot.parse(JSON.parse(text)));
    });
    assert.equal(new Set(slots.map(({ slotMs }) => slotMs)).size, slots.length);
    const running = slots.find(({ serversWh }) => serversWh > 0n);
    const [granted] = running?.grants ?? [];
    assert.deepEqual(
      running?.claims.map(({ claimId, kind, nodeId, maxW }) => [claimId, kind, nodeId, maxW]),
      [['servers', 'compute', 'rack', granted?.grantedW]],
    );
    assert.ok((granted?.grantedW ?? 0n) > 36_000n, String(granted?.grantedW));
    assert.deepEqual(
      running.sourceShares.map(({ sourceId, deliveredW }) => [sourceId, deliveredW]),
      [['grid', granted?.grantedW]],
    );
  });

  it('has each batch on the ledger once when answers are lost and the controller falls', async () => {
    const before = (await recorded()).length;
    front.isLosing = true;
    await liveFor(BATCH_SLOTS * SLOT_MS + 2_000);
    await look();
    const [open] = await allocations();
    assert.equal(open?.state, 'open');
    front.isLosing = false;
    // Committed all the same, and the controller does not know.
    for (let tries = 0; (await recorded()).length === before; tries += 1) {
      assert.ok(tries < 40, 'the batch was not committed');
      await sleep(250);
    }
    await stage.startAnew();
    await liveFor(BATCH_SLOTS * SLOT_MS);
    await settled();
    const told = await allocations();
    assert.deepEqual(new Set(told.map(({ state }) => state)), new Set(['taken']));
    const onLedger = (await recorded()).map(({ record }) => record.batchId);
    assert.deepEqual(onLedger.sort(), told.map(({ batchId }) => batchId).sort());
  });

  it('has what its panel did in blocks, each event once, also when answers are lost and the controller falls', async () => {
    const { settings } = await stage.view();
    await stage.change('peak', { fromVersion: settings.version, signals: { gridDemandPermille: 810 } });
    const events = async () =>
      siteEvents.parse((await stage.ask('GET', '/operator/v1/sites/s1/events')).body).events;
    const changed = async () => (await events()).find(({ kind }) => kind === 'change')?.ledger;
    assert.deepEqual(await changed(), { state: 'waiting' });
    const lookAtHouse = async (): Promise<void> => {
      await stage.controller.sites.get('s1')?.house?.look();
    };
    front.isLosing = true;
    await liveFor(2_500);
    await lookAtHouse();
    assert.deepEqual(await changed(), { state: 'told', number: 1 });
    front.isLosing = false;
    await stage.startAnew();
    const confirmed = await until('the panel knows where its event stands', async () => {
      await stage.step();
      await lookAtHouse();
      const ledger = await changed();
      return ledger?.state === 'confirmed' ? ledger : undefined;
    });
    await liveFor(1_500);
    await lookAtHouse();
    const houseRef = stage.controller.sites.get('s1')?.config.house?.body.houseRef ?? '';
    for (const { gateway, auditor } of [system.utility(DUK), system.utility(ALP)]) {
      const url = `${gateway.url}/auditor/v1/houses/${houseRef}/batches`;
      const items = await until('two batches are read', async () => {
        const page = await auditor('GET', url, undefined, auditedHouseBatches);
        return page.items.length > 1 ? page.items : undefined;
      });
      assert.deepEqual(
        items.map(({ record }) => record.number),
        items.map((_, at) => at + 1),
      );
      const [first, second] = items;
      assert.ok(first && second);
      assert.equal(first.transactionId, confirmed.transactionId);
      assert.deepEqual(
        [second.record.previousHash, second.record.fromMs],
        [first.record.headerHash, first.record.untilMs],
      );
      const entries = items.flatMap((item) => item.entries ?? []);
      const told = entries.filter((entry) => entry.kind === 'event');
      assert.equal(told.filter(({ code }) => code === 'CHANGE').length, 1);
      assert.ok(told.some(({ code, to }) => code === 'FED_BY' && to === 'grid'));
      assert.ok(entries.some((entry) => entry.kind === 'demand' && entry.demandPermille === 810));
    }
    const rows = [
      await houseRow([doorOf(DUK), doorOf(ALP)], houseRef, 'CHANGE'),
      await creditRow(doorOf(ALP), doorOf(DUK), pair, DEFAULT_CHANNEL),
    ];
    assert.deepEqual(
      rows.map(({ row, ok }) => [row, ok]),
      [
        ['PANEL-10', true],
        ['PANEL-14', true],
      ],
      JSON.stringify(rows),
    );
  });

  it('charges what was signed, whole watt-hours of it, once', async () => {
    const told = (await allocations()).toReversed();
    const [first, last] = [told[0], told.at(-1)];
    assert.ok(first && last);
    const client = await cabinets.neighbours.ask(CONTROLLER, 's1');
    const asked = await client.ask({
      ...{ method: 'GET', path: `/v1/energy?from=${Date.now() - DAY_MS}&to=${Date.now()}` },
      ...{ answer: computeEnergy, timeoutMs: 5_000 },
    });
    await client.close();
    assert.ok(asked.ok);
    const registerAt = (atMs: number): bigint => {
      const after = asked.value.intervals.find(({ toMs }) => toMs >= atMs);
      assert.ok(after);
      const { fromMs, toMs, fromRegisterMilliWh: from, toRegisterMilliWh: to } = after;
      return atMs <= fromMs ? from : from + ((to - from) * BigInt(atMs - fromMs)) / BigInt(toMs - fromMs);
    };
    const signedMilliWh = registerAt(last.untilMs) - registerAt(first.fromMs);
    const serversWh = told.reduce((sum, batch) => sum + batch.serversWh, 0n);
    assert.ok(serversWh > 0n);
    assert.equal(serversWh * 1_000n + last.carryMilliWh, signedMilliWh);
    const periodId = new Date().toISOString().slice(0, 7);
    const url = `${system.utility(DUK).gateway.url}/internal/v1/periods/${periodId}/charges`;
    const aaa = asker(system.keys.key(`${DUK}-aaa`), 'aaa', DUK, 'aaa');
    for (const _again of [1, 2]) {
      const { charges } = await aaa('POST', url, undefined, chargeRunAnswer);
      const items = charges.flatMap(({ body }) => body.items);
      assert.equal(
        items.reduce((sum, item) => sum + (item.kind === 'compute' ? item.energyWh : 0n), 0n),
        serversWh,
      );
    }
  });

  it('bills a driver in his own currency for an outlet that he gave back too late, by the rate that he was shown', async () => {
    const { terms, booked, notes, bills } = await cancelLateAbroad(system, ALP, DUK);
    const fixed = { currency: 'EUR', rateMicros: 900_000n, source: 'ECB', rounding: 'half-even' } as const;
    // A customer of level gold: 1.50 and 5.00 USD.
    const shown = { ...fixed, feeMicros: 1_350_000n, noShowMicros: 4_500_000n };
    assert.deepEqual([terms.currency, terms.exchanged], ['USD', shown]);
    assert.deepEqual([booked.noShowMicros, booked.exchanged], [5_000_000n, shown]);
    const items = notes.flatMap(({ body }) => body.items);
    const noted = items.filter(
      (item) => item.kind === 'reservation' && item.reservationId === booked.reservationId,
    );
    assert.deepEqual(
      noted.map(({ amountMicros }) => amountMicros),
      [5_000_000n],
    );
    const of = bills.filter(({ bookings = [] }) =>
      bookings.some(({ reservationId }) => reservationId === booked.reservationId),
    );
    assert.deepEqual(
      of.map(({ currency, payableMicros, bookings }) => [currency, payableMicros, bookings?.length]),
      [['EUR', 4_500_000n, 1]],
    );
    const [line] = of[0]?.bookings ?? [];
    assert.deepEqual([line?.state, line?.micros], ['cancelled-late', 5_000_000n]);
    assert.deepEqual(line?.exchanged, { ...fixed, micros: 4_500_000n, from: 'USD' });
  });

  it('has tampering with a device on the ledger once, for everybody, and nothing of who did it', async () => {
    const duke = system.utility(DUK);
    const gate = await GateWithCentre.start(join(folder, 'gate'), {
      ...{ utilityId: DUK, sites: [{ siteId: 'site-1', stationId: 's1' }], everyMs: 50 },
      gateway: { url: duke.gateway.url, iss: 'aaa', key: system.keys.key(`${DUK}-aaa`) },
    });
    const onLedger = async (utilityId: string, atLeast: number) => {
      const { gateway, auditor } = system.utility(utilityId);
      const url = `${gateway.url}/auditor/v1/tampering?utilityId=${DUK}&siteId=s1`;
      for (let tries = 0; ; tries += 1) {
        const { items } = await auditor('GET', url, undefined, auditedTamperingPage);
        if (items.length >= atLeast) return items;
        assert.ok(tries < 100, 'tampering did not come to the ledger');
        await sleep(100);
      }
    };
    try {
      front.isLosing = true;
      await gate.failTenTimes();
      await onLedger(DUK, 1);
      assert.equal(await gate.isAllRecorded(), false);
      await gate.restartCentre();
      front.isLosing = false;
      for (let tries = 0; !(await gate.isAllRecorded()); tries += 1) {
        assert.ok(tries < 100, 'the centre does not know that it is recorded');
        await sleep(50);
      }
      await gate.failTenTimes();
      const seen = await onLedger(ALP, 2);
      assert.deepEqual(
        seen.map(({ number, deviceId, device, code }) => [number, deviceId, device, code]),
        [2, 1].map((number) => [number, 'gate-1', 'gate', 'AUTHENTICATIONS_FAILED']),
      );
      const notices = await gate.tampering();
      assert.deepEqual(
        seen.map(({ atMs }) => atMs),
        notices.map(({ atMs }) => atMs).reverse(),
      );
      const said = JSON.stringify(seen);
      for (const { key, says } of notices) assert.ok(!said.includes(key) && !said.includes(says));
      // Of a device whose clock is wrong nothing is recorded, and it holds up no other.
      const [notice] = notices;
      assert.ok(notice);
      const nowMs = Date.now();
      await gate.tell({ ...notice, key: notice.key.replace('gate-1', 'gate-2'), atMs: nowMs + HOUR_MS });
      await gate.tell({ ...notice, key: notice.key.replace('gate-1', 'gate-3'), atMs: nowMs });
      const [third] = await onLedger(DUK, 3);
      assert.deepEqual([third?.number, third?.atMs], [3, nowMs]);
      for (let tries = 0; await gate.isAllRecorded(); tries += 1) {
        assert.ok(tries < 100, 'the centre says that all is recorded');
        await sleep(50);
      }
    } finally {
      await gate.close();
    }
  });

  it('keeps power free for what drivers book there, until they give it back', async () => {
    driver = await signIn(system);
    const fromMs = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + HOUR_MS;
    const booked = await driver.booked('r1', { fromMs, untilMs: fromMs + HOUR_MS });
    const seen = async () => {
      await stage.controller.sites.get('s1')?.booking.reserved?.look();
      await stage.step();
      const { loads } = await stage.view();
      return (loads.find(({ loadId }) => loadId === 'outlet')?.claims ?? []).map((claim) => [
        ...[claim.claimId, claim.fromMs, claim.untilMs, claim.maxW, claim.reasons[0]?.code],
      ]);
    };
    const reserved = [booked.reservationId, booked.fromMs, booked.untilMs, 50_000n, 'NOT_YET'];
    assert.deepEqual(await seen(), [reserved]);
    await stage.startAnew();
    assert.deepEqual(await seen(), [reserved]);
    await driver.cancel(booked.reservationId);
    for (let tries = 0; (await seen()).length > 0; tries += 1) {
      assert.ok(tries < 40, 'it is kept free for nobody');
      await sleep(100);
    }
  });

  describe('and keeps its station’s calendar', () => {
    const url = (stationId: string) =>
      `${system.utility(DUK).gateway.url}/operator/v1/stations/${stationId}/calendar`;
    const read = (stationId: string) =>
      system.utility(DUK).operator('GET', url(stationId), undefined, stationCalendar);
    const tasksAt = async (stationId: string) => (await read(stationId)).tasks;
    /** As an operator at the desk: from what holds, as often as somebody else is faster. */
    const write = async (stationId: string, to: (now: StationCalendar) => StationCalendar): Promise<void> => {
      const { operator } = system.utility(DUK);
      await until('the desk has written', async () => {
        const said = stationCalendar.encode(to(await read(stationId)));
        return operator('PUT', url(stationId), said, stationCalendar).catch((thrown: unknown) => {
          assert.match(String(thrown), /VERSION_OLD/);
          return undefined;
        });
      });
    };
    const keep = async (): Promise<void> => {
      await stage.controller.sites.get('s1')?.booking.calendar?.look();
    };
    const own = (taskId: string) => ({
      ...{ taskId, startMs: Date.now(), endMs: Date.now() + DAY_MS, powerW: 100n, movable: false },
    });

    it('with the jobs on its servers and what operators asked for, beside what the desk writes at once', async () => {
      await write('s1', (now) => ({ ...now, powerW: 60_000n, tasks: [...now.tasks, own('upkeep')] }));
      await write('s2', (now) => ({ ...now, powerW: 50_000n }));
      const claim = { kind: 'charge', nodeId: 'outlet', minW: '0', maxW: '700', fromMs: Date.now() + DAY_MS };
      await stage.request('works', { loadId: 'outlet', isReservation: true, claim });
      await Promise.all([
        keep(),
        ...[1, 2, 3].map((at) =>
          write('s1', (now) => ({ ...now, tasks: [...now.tasks, own(`desk-${at}`)] })),
        ),
        keep(),
      ]);
      await keep();
      const tasks = await tasksAt('s1');
      assert.deepEqual(
        new Map<string, unknown>(
          tasks.map(({ taskId, by, powerW, movable }) => [taskId.slice(0, 6), [by, powerW, movable]]),
        ),
        new Map<string, unknown>([
          ['bulk', ['s1', 40_000n, true]],
          ...['upkeep', 'desk-1', 'desk-2', 'desk-3'].map(
            (taskId) => [taskId, [undefined, 100n, false]] as const,
          ),
          [tasks.find(({ powerW }) => powerW === 700n)?.taskId.slice(0, 6) ?? 'none', ['s1', 700n, false]],
        ]),
      );
      const { version } = await read('s1');
      await keep();
      assert.equal((await read('s1')).version, version, 'what has not changed is not written again');
      await stage.ask('DELETE', '/operator/v1/sites/s1/requests/works');
      await keep();
      assert.ok((await tasksAt('s1')).every(({ powerW }) => powerW !== 700n));
    });

    it('and carries out what a booking moved: the job goes on at the other station under its id', async () => {
      await cabinets.start('s2');
      await cabinets.grant('s2', 100_000n);
      const fromMs = Date.now() + 3_000;
      const booked = await driver.booked('r2', { fromMs, untilMs: fromMs + HOUR_MS });
      assert.equal(booked.outcome, 'moved');
      await keep();
      const movesTo = { stationId: 's2', fromMs };
      const left = (await tasksAt('s1')).find(({ taskId }) => taskId === 'bulk');
      assert.deepEqual([left?.endMs, left?.movesTo], [fromMs, movesTo]);
      assert.equal((await cabinets.job('s1', 'bulk'))?.movedTo, undefined, 'it is not time yet');
      await liveFor(fromMs - Date.now() + 100);
      await keep();
      const there = await cabinets.comesTo('s2', 'bulk', 'running');
      assert.deepEqual([there.movedFrom, there.began], ['s1', 'from-checkpoint']);
      await keep();
      assert.ok((await tasksAt('s1')).every(({ taskId }) => taskId !== 'bulk'));
      assert.deepEqual(
        (await tasksAt('s2')).map(({ taskId, startMs }) => [taskId, startMs]),
        [['bulk', fromMs]],
      );
    });
  });

  it('keeps the outlet for who booked on his page, who comes and reads there that it was used', async () => {
    const station = DUKE.stations.find(({ stationId }) => stationId === 's3');
    assert.ok(station);
    const duke = system.utility(DUK);
    const { page, kiosk, cards, close } = await standAtOutlet(system, duke, station, join(folder, 'pages'));
    const swipe = async (cin: string) => {
      await kiosk.getByLabel(/Consumer identity number/).fill(cin);
      await kiosk.getByRole('button', { name: 'Go' }).click();
    };
    try {
      const now = new Date(Date.now() - (Date.now() % MINUTE_MS)).toISOString();
      await page.getByLabel('Station', { exact: true }).selectOption(`${station.name} · ${station.address}`);
      await page.getByLabel('When you come').fill(now.slice(0, 16));
      await page.getByRole('button', { name: 'Go on' }).click();
      await page.getByRole('button', { name: /^Book$/ }).click();
      await page.getByRole('heading', { level: 1, name: 'Booked' }).waitFor();
      await swipe(cards.other);
      await kiosk.getByRole('heading', { name: 'We could not start' }).waitFor();
      assert.match(await kiosk.locator('main').innerText(), /Code OUTLET_RESERVED/);
      await kiosk.getByRole('button', { name: 'Start again' }).click();
      await swipe(cards.own);
      await kiosk.getByRole('button', { name: 'Accept and charge' }).click();
      await kiosk.getByRole('button', { name: 'Stop charging' }).click();
      const used = page.locator('[data-state=used]', { hasText: station.name });
      await used.getByText('It costs $1.50.').waitFor();
      const span = `fromMs=${Date.now() - HOUR_MS}&untilMs=${Date.now() + HOUR_MS}`;
      const url = `${duke.gateway.url}/operator/v1/stations/${station.stationId}/reservations?${span}`;
      const { items } = await duke.operator('GET', url, undefined, bookedSpans);
      assert.deepEqual(
        items.map(({ record, hun }) => [record.state, hun]),
        [['used', ALP]],
      );
    } finally {
      await close();
    }
  });
});
