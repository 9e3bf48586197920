import assert from 'node:assert/strict';
import type { Station } from '../../session/records.ts';
import type { MeterReading, Settled } from '../../session/settled.ts';
import { Meters } from './meters.ts';

const EVSE = 'US*DUK*E1*1';
const key = (meterId: string, signedBy: string) => ({
  ...{ kid: meterId, curve: 'P-256', point: new Uint8Array(65), fromMs: 0, untilMs: Infinity },
  ...{ meterId, signedBy },
});
const STATION: Station = {
  ...{ stationId: 'duk-1', utilityId: 'USDUK', group: 'g0', placeId: undefined, countryCode: 'US' },
  ...{ keys: [], status: 'active', statusFromMs: 0 },
  outlets: [
    {
      evseId: EVSE,
      removedAtMs: Infinity,
      meterKeys: [key('meter-1', 'meter'), key('register-1', 'operator')],
    },
  ],
};

/** As much of a settled session as says what it takes up. */
const session = (serial: string, fromMs: number, untilMs: number, milliWh: bigint): Settled => {
  const reading = (atMs: number, registerMilliWh: bigint): MeterReading => ({
    ...{ atMs, registerMilliWh, charging: true, clock: undefined, errorFlags: undefined },
  });
  const readings = [reading(fromMs, milliWh), reading(untilMs, milliWh + 1_000n)] as const;
  const close = { readings, statement: { form: 'facts', meter: { serial } } };
  return { open: { quote: { vun: 'USDUK', evseId: EVSE }, openedAtMs: fromMs }, close } as unknown as Settled;
};

describe('the meters of a ledger', () => {
  const use = (...sessions: readonly Settled[]) => {
    const meters = new Meters();
    for (const each of sessions) meters.use(each, STATION);
  };

  it('count for each key of an outlet by themselves, and its time once', () => {
    use(
      session('meter-1', 10, 20, 9_000n),
      session('register-1', 20, 30, 0n),
      session('meter-1', 30, 40, 10_000n),
    );
    const during = session('register-1', 15, 30, 0n);
    assert.throws(() => {
      use(session('meter-1', 10, 20, 9_000n), during);
    }, /outlet’s time was billed before/);
    const again = session('register-1', 30, 40, 500n);
    assert.throws(() => {
      use(session('register-1', 10, 20, 0n), again);
    }, /meter’s energy or time was billed before/);
  });
});
