import assert from 'node:assert/strict';
import { LedgerError } from '../../context/index.ts';
import { cdrOf, closeSession, type ClosedSession } from '../../testing/closed.ts';
import { Lane, type LaneCall } from '../../testing/lane.ts';
import type { MemoryLedger } from '../../testing/memory-ledger.ts';
import {
  closeOffline,
  issuing,
  openOffline,
  type OfflineCloseOptions,
  type OfflineOptions,
} from '../../testing/offline.ts';
import { openedMsOf, openSession, SITE, type Site } from '../../testing/opened.ts';
import {
  by,
  call,
  DAY_MS,
  HOUR_MS,
  KEYS,
  makeKey,
  MSP,
  NOW_MS,
  SET_UP_MS,
  station,
} from '../../testing/parties.ts';
import { withGroundwork } from '../../testing/prepared.ts';

/** Sessions that began at a charger without network, by a token of home's: at the tests' tariff 20 kWh come to 5.778 USD. */

/** The contract's code, with the reason of what began offline where there is one. */
const refusalOf = async (ledger: MemoryLedger, told: LaneCall, nowMs = NOW_MS): Promise<string> => {
  try {
    await ledger.submit(call({ ...told, nowMs }));
    return 'ok';
  } catch (thrown) {
    if (!(thrown instanceof LedgerError)) throw thrown;
    const [, reason = ''] = /-\d+: ([A-Z_]{6,}): /.exec(thrown.message) ?? [];
    return reason === '' ? thrown.code : `${thrown.code} ${reason}`;
  }
};

const opened = async (
  sessions: readonly (readonly [number, OfflineOptions?, OfflineCloseOptions?])[],
  openingAtMs = NOW_MS,
): Promise<{ ledger: MemoryLedger; lane: Lane; closed: readonly ClosedSession[] }> => {
  const ledger = await withGroundwork();
  await ledger.submit(call(issuing()));
  const lane = new Lane();
  const open = await Promise.all(sessions.map(([number, options]) => openOffline(number, options)));
  await ledger.submit(call({ ...lane.open(open), nowMs: openingAtMs }));
  const closed = open.map((each, index) => closeOffline(each, sessions[index]?.[2]));
  return { ledger, lane, closed };
};

const refused = async (options: OfflineOptions = {}, close: OfflineCloseOptions = {}): Promise<string> => {
  const { ledger, lane, closed } = await opened([[1, options, close]]);
  return refusalOf(ledger, lane.settle('b1', closed));
};

const BEGAN_MS = openedMsOf(1);
const BEGAN_S = BEGAN_MS / 1_000;

/** An hour in which the car stood, at a price an hour that nobody asks for at the start. */
const PARKED = [0n, 20_000_000n].map((gain, hours) => ({
  ...{ atMs: BEGAN_MS + hours * HOUR_MS, registerMilliWh: 1_000_000_000n + gain },
  charging: false,
}));

const stranger = makeKey('stranger');

describe('session.settle takes what began at a charger without network and', () => {
  it('books it under the number that it gets, rated as every other, with what takes its start for ever', async () => {
    const { ledger, lane, closed } = await opened([[1]]);
    const { writes } = await ledger.submit(call(lane.settle('b1', closed)));
    const [session] = closed;
    assert.ok(session);
    assert.equal(cdrOf(session, 1).totalMicros, 5_778_000n);
    const keys = Object.keys(writes.public).filter((key) => key.startsWith('offline'));
    assert.equal(keys.length, 2);
    assert.equal(keys[0], 'offline:US*DUK*E0001*1:0000000001');
    assert.match(keys[1] ?? '', /^offlineStart:[0-9a-f]{64}$/);
    for (const key of keys)
      assert.deepEqual(writes.public[key], { type: 'offline', version: 1, sessionId: 'USDUK-USALP-g0-1' });
    assert.deepEqual(writes.endorsers['batch:b1'], [MSP.USALP, MSP.USDUK]);
    assert.doesNotMatch(JSON.stringify(writes.public), /token|"cin/i);
  });

  it('books it beside sessions that began online', async () => {
    const { ledger, lane, closed } = await opened([[1]]);
    const online = await openSession(2);
    await ledger.submit(call(lane.open([online])));
    assert.equal(await refusalOf(ledger, lane.settle('b1', [...closed, closeSession(online)])), 'ok');
  });

  it('never books it again: not the record, not its number at the outlet, not its holder’s start', async () => {
    const { ledger, lane, closed } = await opened([[1]]);
    await ledger.submit(call(lane.settle('b1', closed)));
    lane.settled(closed);
    const many = { tokenName: 'other', limits: { sessions: 2 } };
    const first = closed[0]?.open.body.offline;
    assert.ok(first);
    for (const [number, options] of [
      [2, { ...many, outletNumber: 1 }],
      [3, { ...many, tokenName: 'another', start: { transcript: first.transcript } }],
    ] as const) {
      const again = await openOffline(number, options);
      await ledger.submit(call(lane.open([again])));
      assert.equal(await refusalOf(ledger, lane.settle(`b${number}`, [closeOffline(again)])), 'CONFLICT');
    }
    const {
      ledger: other,
      lane: same,
      closed: twice,
    } = await opened([
      [1, { ...many, outletNumber: 7 }],
      [2, { ...many, tokenName: 'another', outletNumber: 7 }],
    ]);
    assert.equal(await refusalOf(other, same.settle('b1', twice)), 'CONFLICT');
  });

  it('takes no more by one token than home signed, over all chargers: sessions, energy, money', async () => {
    const cases = [
      [{ sessions: 1, energyWh: 40_000n, costMicros: 12_000_000n }, 'OVER_EXPOSURE'],
      [{ sessions: 2, energyWh: 39_999n, costMicros: 12_000_000n }, 'OVER_EXPOSURE'],
      [{ sessions: 2, energyWh: 40_000n, costMicros: 11_555_999n }, 'OVER_EXPOSURE'],
      [{ sessions: 2, energyWh: 40_000n, costMicros: 11_556_000n }, 'ok'],
    ] as const;
    for (const [limits, expected] of cases) {
      const { ledger, lane, closed } = await opened([
        [1, { limits, token: TOGETHER }],
        [2, { limits, token: TOGETHER }],
      ]);
      assert.equal(await ledger.refusal(call(lane.settle('b1', closed))), expected);
      // Brought one after the other, each is judged by what was booked before: who comes first is paid.
      const [one, two] = closed;
      assert.ok(one && two);
      await ledger.submit(call(lane.settle('b2', [one])));
      lane.settled([one]);
      assert.equal(await refusalOf(ledger, lane.settle('b3', [two])), expected);
    }
  });

  const starts: readonly (readonly [string, string, OfflineOptions, OfflineCloseOptions?])[] = [
    ['a stranger’s token', 'BAD_SIGNATURE ISSUER_UNKNOWN', { tokenKey: stranger.privateKey }],
    [
      'a token that another signed in home’s name',
      'BAD_SIGNATURE TOKEN_ALTERED',
      { tokenKey: stranger.privateKey, named: KEYS.tokens.privateKey },
    ],
    ['no token', 'BAD_SIGNATURE TOKEN_MALFORMED', { start: { token: 'AAAA' } }],
    ['a token by home’s key for quotes', 'BAD_SIGNATURE ISSUER_UNKNOWN', { tokenKey: KEYS.USALP.privateKey }],
    [
      'a token of before home’s key',
      'BAD_SIGNATURE ISSUER_UNKNOWN',
      { token: { issuedAtS: (NOW_MS - 101 * HOUR_MS) / 1_000 } },
    ],
    ['another’s start', 'BAD_SIGNATURE PROOF_FORGED', { holderKey: stranger }],
    ['more than the holder asked for', 'BAD_SIGNATURE PROOF_FORGED', { signedWh: 29_999n }],
    [
      'another outlet',
      'OUTSIDE_AGREEMENT TOKEN_OTHER_CHARGER',
      { token: { audience: { kind: 'outlet', evseId: 'US*DUK*E0001*2' } } },
    ],
    [
      'another place',
      'OUTSIDE_AGREEMENT TOKEN_OTHER_CHARGER',
      { token: { audience: { kind: 'group', groupId: 'city-hall' } } },
    ],
    ['a start before its time', 'EXPIRED TOKEN_NOT_YET', { token: { notBeforeS: BEGAN_S + 1 } }],
    ['a start after its time', 'EXPIRED TOKEN_EXPIRED', { token: { expiresS: BEGAN_S } }],
    ['more energy than its limit', 'OVER_EXPOSURE TOKEN_OVER_ENERGY', { askedWh: 40_001n }],
    [
      'energy that costs more than its limit',
      'OVER_EXPOSURE TOKEN_OVER_COST',
      { limits: { costMicros: 8_666_999n } },
    ],
    ['another leave', 'BAD_SIGNATURE LEAVE_OTHER', { price: { quoteHash: new Uint8Array(16) } }],
    ['a leave for more money', 'BAD_SIGNATURE LEAVE_OTHER', { leave: { exposureMicros: 99_000_000n } }],
    ['a leave for more energy', 'BAD_SIGNATURE LEAVE_OTHER', { leave: { energyWh: 99_000n } }],
    ['a leave of another lane', 'BAD_SIGNATURE LEAVE_OTHER', { leave: { laneId: 'USDUK-USALP-g1' } }],
    [
      'a token that lives longer than agreed',
      'OUTSIDE_AGREEMENT LEAVE_OUTSIDE_AGREEMENT',
      { token: { expiresS: BEGAN_S + (7 * DAY_MS) / 1_000 } },
    ],
    ['another tariff than home signed', 'BAD_SIGNATURE QUOTE_OTHER', { quote: { adjustmentPpm: 0n } }],
    ['a higher cap', 'BAD_SIGNATURE QUOTE_OTHER', { quote: { capMicros: 12_000_001n } }],
    ['a level that has no such discount', 'OUTSIDE_AGREEMENT', { leave: { loyalty: 'none' } }],
    ['another customer', 'BAD_SIGNATURE LEAVE_OTHER', { body: { cinRef: '1'.repeat(64) } }],
    ['a yes of home', 'INVALID_ARGUMENT', { body: { authorisedBy: 'home' } }],
  ];
  for (const [what, code, options] of starts)
    it(`refuses ${what}: ${code}`, async () => {
      assert.equal(await refused(options), code);
    });

  const ends: readonly (readonly [string, string, OfflineCloseOptions, OfflineOptions?])[] = [
    ['another meter’s word', 'BAD_SIGNATURE', { meterKey: stranger }],
    [
      'a meter’s word for another start',
      'BAD_SIGNATURE METER_OTHER_START',
      { binding: 'roamgrid-offline-1 x' },
    ],
    ['a meter that began at another time', 'EXPIRED METER_OTHER_TIME', { laterMs: 300_001 }],
    ['what flowed after its time', 'EXPIRED TOKEN_EXPIRED', { lastedMs: 4 * HOUR_MS + 300_001 }],
    ['more energy than was asked for', 'OVER_EXPOSURE TOKEN_OVER_ENERGY', { energyWh: 30_001n }],
    [
      'a bill above the limit',
      'OVER_CAP',
      { body: { readings: PARKED } },
      { limits: { costMicros: 5_778_000n }, askedWh: 20_000n },
    ],
    [
      'a bill above the price',
      'OVER_CAP OVER_PRICE',
      {},
      { price: { microsPerKWh: 288_899n, microsPerHour: 0n } },
    ],
  ];
  for (const [what, code, close, options] of ends)
    it(`refuses ${what}: ${code}`, async () => {
      assert.equal(await refused(options, close), code);
    });

  it('takes the end that a meter signed when power was back, however late', async () => {
    const late = { lastedMs: 5 * HOUR_MS };
    assert.equal(await refused({}, { ...late, body: { endReason: 'power-cut' } }), 'ok');
  });

  it('takes a token of the place that its station is registered at', async () => {
    const site: Site = {
      ...SITE,
      stationId: 'duk-2',
      evseId: 'US*DUK*E0002*1',
      meterId: 'DUK-M-0002',
      meter: makeKey('m2'),
    };
    const ledger = await withGroundwork();
    await ledger.submit(call(issuing()));
    const { stationId, evseId, meterId, meter } = site;
    const evses = [{ evseId, meterId, meterKey: { ...meter.jwk }, maxPowerW: '150000' }];
    const registered = { ...station(), stationId, evses, placeId: 'garage' };
    const verb = 'consortium.registerStation';
    const command = { station: registered };
    await ledger.submit(call({ caller: by('USDUK', 'operator'), verb, command, nowMs: SET_UP_MS }));
    const lane = new Lane();
    for (const [number, groupId, expected] of [
      [1, 'city-hall', 'OUTSIDE_AGREEMENT TOKEN_OTHER_CHARGER'],
      [2, 'garage', 'ok'],
    ] as const) {
      const open = await openOffline(number, { site, token: { audience: { kind: 'group', groupId } } });
      await ledger.submit(call(lane.open([open])));
      assert.equal(await refusalOf(ledger, lane.settle(`b${number}`, [closeOffline(open)])), expected);
    }
  });

  it('refuses a token that was taken back before it started, by the epoch or by itself; not what had begun', async () => {
    const raise = (nowMs: number) => call(issuing({ tokenEpoch: 1 }, nowMs));
    const revoke = (closed: readonly ClosedSession[], nowMs: number) => {
      const evidence = closed[0]?.open.body.evidence ?? '';
      const { profileId, validUntilMs } = JSON.parse(
        Buffer.from(evidence.split('.')[1] ?? '', 'base64url').toString(),
      ) as { profileId: string; validUntilMs: number };
      const command = { hun: 'USALP', laneId: 'USDUK-USALP-g0', profileId, validUntilMs };
      return call({ caller: by('USALP', 'aaa'), verb: 'session.revoke', command, nowMs });
    };
    const graceMs = 60_000;
    for (const [earlierMs, epoch, single] of [
      [graceMs + 1, 'REVOKED TOKEN_REVOKED', 'REVOKED'],
      [graceMs - 1, 'ok', 'ok'],
    ] as const) {
      const { ledger, lane, closed } = await opened([[1]]);
      await ledger.submit(raise(BEGAN_MS - earlierMs));
      assert.equal(await refusalOf(ledger, lane.settle('b1', closed)), epoch);
      const { ledger: other, lane: same, closed: one } = await opened([[1]]);
      await other.submit(revoke(one, BEGAN_MS - earlierMs));
      assert.equal(await refusalOf(other, same.settle('b1', one)), single);
    }
  });

  it('refuses what is brought later than the agreed bound, a month here', async () => {
    const boundMs = 30 * DAY_MS;
    const { ledger, lane, closed } = await opened([[1]], BEGAN_MS + boundMs);
    const endMs = BEGAN_MS + HOUR_MS;
    assert.equal(await refusalOf(ledger, lane.settle('b1', closed), endMs + boundMs), 'ok');
    const late = await opened([[1]], BEGAN_MS + boundMs);
    assert.equal(
      await refusalOf(late.ledger, late.lane.settle('b1', late.closed), endMs + boundMs + 1),
      'EXPIRED',
    );
    const later = await opened([[1]], BEGAN_MS + boundMs + 1);
    assert.equal(
      await refusalOf(later.ledger, later.lane.settle('b1', later.closed), BEGAN_MS + boundMs + 2),
      'EXPIRED',
    );
  });

  it('refuses energy of its meter that was booked already', async () => {
    const { ledger, lane, closed } = await opened([
      [1],
      [2, { tokenName: 'other' }, { fromMilliWh: 1_019_999_999n }],
    ]);
    assert.equal(await refusalOf(ledger, lane.settle('b1', closed)), 'OVERLAP');
  });
});

/** Two sessions of the tests by one token. */
const TOGETHER = {
  issuedAtS: BEGAN_S - 7_200,
  notBeforeS: BEGAN_S - 3_600,
  expiresS: BEGAN_S + 6 * 3_600,
};
