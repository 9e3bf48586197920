import assert from 'node:assert/strict';
import type { EndReason } from '@roamgrid/domain';
import type { MeterReading } from '@roamgrid/wire';
import type { SimulatedBay } from '../simulator/simulated-bay.ts';
import { offerBody, type Answer, type Received } from '@roamgrid/station-kit/testing';
import { begin, chargeOnce, outletRig, shows, SWIPE, usual } from './outlet.fixture.ts';

const stopOf = (received: readonly Received[]) => {
  const body = received.find(({ path }) => path.endsWith('/stop'))?.body;
  assert.ok(body, 'no end was told');
  return body as { endReason: EndReason; signedEnd: string; readings: MeterReading[]; socPpm: number };
};
const reporting =
  (answer: (sequence: number) => Answer) =>
  (received: Received): Answer =>
    received.path.endsWith('/reports') ? answer(Number(received.body['sequence'])) : usual('50000')(received);
const told = (sequence: number, reason?: string): Answer => ({
  status: 200,
  body: { sequence, runningMicros: '1', ...(reason ? { command: 'stop', reason } : { command: 'continue' }) },
});
const refusedAs = (status: number, code: string): Answer => ({
  status,
  body: { type: 'about:blank', title: code, status, code, detail: 'no' },
});

describe('a session at the outlet', () => {
  let rig: ReturnType<typeof outletRig>;
  beforeEach(() => {
    rig = outletRig();
  });
  afterEach(() => rig.close());

  const stops: readonly (readonly [what: string, answer: (sequence: number) => Answer, reason: EndReason])[] =
    [
      ['home takes its yes back', (n) => told(n, 'revoked'), 'revoked'],
      ['nothing can be recorded', (n) => told(n, 'ledger-unavailable'), 'ledger-unavailable'],
      ['the cap is near', (n) => told(n, 'limit'), 'limit'],
      ['its gateway has ended it', () => refusedAs(409, 'SESSION_ENDED'), 'operator'],
      ['its readings contradict each other', () => refusedAs(422, 'READINGS_INVALID'), 'meter-error'],
    ];
  for (const [what, answer, reason] of stops) {
    it(`stops at the first report when ${what}, and tells the reason ${reason}`, async () => {
      const { outlet, gateway, bay } = await rig.with(reporting(answer));
      await chargeOnce(outlet);
      assert.equal(stopOf(gateway.received).endReason, reason);
      assert.equal(gateway.received.filter(({ path }) => path.endsWith('/reports')).length, 1);
      assert.equal(bay.isCableLocked, false);
    });
  }

  it('goes on when the gateway cannot say anything, or does not take the station’s proof', async () => {
    const { outlet, gateway } = await rig.with(
      reporting((n) => (n % 2 === 0 ? { status: 503, body: {} } : refusedAs(401, 'UNAUTHENTICATED'))),
    );
    await chargeOnce(outlet);
    assert.equal(stopOf(gateway.received).endReason, 'full');
  });

  const faults: readonly (readonly [reason: EndReason, happens: (bay: SimulatedBay) => void])[] = [
    ['over-current', (bay) => bay.fail('over-current')],
    ['ground-fault', (bay) => bay.fail('ground-fault')],
    ['over-temperature', (bay) => bay.fail('over-temperature')],
    ['meter-error', (bay) => bay.fail('meter-error')],
    ['cable-out', (bay) => bay.unplug()],
  ];
  for (const [reason, happens] of faults) {
    it(`ends safely with a signed end when the sensors show ${reason}`, async () => {
      const { outlet, gateway, bay } = await rig.with(usual('50000'));
      const opened: number[] = [];
      const open = bay.openContactor.bind(bay);
      bay.openContactor = (atMs) => {
        opened.push(atMs);
        open(atMs);
      };
      const { ended } = await begin(outlet);
      await shows(outlet, 'charging');
      assert.equal(bay.isCableLocked, true);
      happens(bay);
      await ended;
      const { endReason, signedEnd, readings } = stopOf(gateway.received);
      assert.equal(endReason, reason);
      assert.match(signedEnd, /^OCMF\|/);
      assert.deepEqual([opened.length, bay.isCableLocked, outlet.state.screen], [1, false, 'bill']);
      assert.ok(readings.length > 0);
    });
  }

  it('does not begin at an outlet with a fault, nor with a cable that cannot be locked', async () => {
    const { outlet, gateway, bay } = await rig.with(usual());
    bay.fail('ground-fault');
    const faulty = await outlet.swipe(SWIPE);
    assert.ok(faulty.screen === 'refused' && faulty.refusal.code === 'OUTLET_FAULTY');
    bay.mend();
    bay.jamLock();
    await begin(outlet);
    assert.ok(outlet.state.screen === 'refused' && outlet.state.refusal.code === 'CABLE_LOCK_FAILED');
    assert.ok(gateway.received.every(({ path }) => !path.endsWith('/sessions')));
    bay.mend();
    assert.ok(await chargeOnce(outlet));
  });

  it('waits for the cable once the driver has agreed, and gives up when none comes', async () => {
    const bayOptions = { bay: { plugsInWhenAsked: false } };
    const { outlet, bay, make } = await rig.with(usual(), bayOptions);
    const agreed = begin(outlet);
    await shows(outlet, 'connect');
    bay.plugIn();
    const { ended } = await agreed;
    assert.ok(await ended);
    bay.unplug();
    const hasty = make({ waits: { askDeviceEveryMs: 5, askAgainAfterMs: 60_000, plugInMs: 20 } });
    await begin(hasty);
    assert.ok(hasty.state.screen === 'refused' && hasty.state.refusal.code === 'CABLE_NOT_PLUGGED');
  });

  it('counts the time of a full car as parking until it is unplugged, and tells how full it was', async () => {
    const { outlet, gateway, bay } = await rig.with(usual('50000'), {
      battery: { initialWh: 58_000n },
      bay: { staysMs: Infinity },
    });
    const { ended } = await begin(outlet);
    await shows(outlet, 'parked');
    const readingsOf = ({ body }: Received) => (body['readings'] ?? []) as MeterReading[];
    const parkedReports = () =>
      gateway.received.filter(
        (request) =>
          request.path.endsWith('/reports') && readingsOf(request).some(({ charging }) => !charging),
      );
    while (parkedReports().length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    bay.unplug();
    await ended;
    const { endReason, socPpm } = stopOf(gateway.received);
    assert.deepEqual([endReason, socPpm], ['full', 1_000_000]);
    const start = gateway.received.find(({ path }) => path.endsWith('/sessions'))?.body;
    assert.equal(start?.['socPpm'], 966_666);
    const parked = gateway.received.flatMap(readingsOf).filter(({ charging }) => !charging);
    assert.equal(new Set(parked.map(({ registerMilliWh }) => registerMilliWh)).size, 1);
    assert.ok(parked.length >= 2);
  });

  it('ends parking when the driver comes back, when nobody pays for more, and offline at the planned end', async () => {
    const full = { battery: { initialWh: 59_900n }, bay: { staysMs: Infinity } };
    const come = await rig.with(usual('50000'), full);
    const { ended } = await begin(come.outlet);
    await shows(come.outlet, 'parked');
    come.outlet.stop();
    await ended;
    assert.equal(stopOf(come.gateway.received).endReason, 'full');
    come.outlet.close();

    const capped = await rig.with(
      reporting((n) => told(n, 'limit')),
      full,
    );
    await chargeOnce(capped.outlet);
    assert.equal(stopOf(capped.gateway.received).endReason, 'full');
    capped.outlet.close();

    const offline = await rig.with(
      reporting(() => ({ status: 503, body: {} })),
      full,
    );
    await chargeOnce(offline.outlet);
    const { readings } = stopOf(offline.gateway.received);
    const start = offline.gateway.received.find(({ path }) => path.endsWith('/sessions'))?.body['start'];
    const { atMs: startMs } = start as { atMs: number };
    const stayedMs = (readings.at(-1)?.atMs ?? 0) - startMs;
    assert.ok(stayedMs >= offerBody.quote.plannedMs && stayedMs < offerBody.quote.plannedMs + 600_000);
  });

  it('puts an offer that is not answered to the driver again, and takes it back when its time is over', async () => {
    const short = {
      ...offerBody,
      quote: { ...offerBody.quote, validUntilMs: offerBody.quote.issuedAtMs + 60 },
    };
    const { outlet } = await rig.with(() => ({ status: 200, body: short }), {
      outlet: { waits: { askDeviceEveryMs: 5, askAgainAfterMs: 20, plugInMs: 20 } },
    });
    const seen: string[] = [];
    outlet.subscribe((state) =>
      seen.push(state.screen === 'offer' ? `offer ${state.askedAgain}` : state.screen),
    );
    await outlet.swipe(SWIPE);
    const over = await shows(outlet, 'refused');
    assert.ok(over.screen === 'refused' && over.refusal.code === 'CONSENT_EXPIRED');
    assert.deepEqual(seen, ['authorising', 'offer false', 'offer true', 'refused']);
  });
});
