import assert from 'node:assert/strict';
import { bodyHash } from '@roamgrid/wire';
import { call, DAY_MS, KEYS, makeKey, STATION_ID } from '../../testing/parties.ts';
import { amend, settling, withOpened } from '../../testing/prepared.ts';
import { closeSession, readingsOf, type CloseOptions } from '../../testing/closed.ts';
import { PAST } from '../../testing/opened.ts';

/** What both endorsers ask of a session's meter when it is settled. */

const STATION = `station:USDUK:${STATION_ID}`;
const OPENED_MS = PAST.baseMs;

interface OutletShape {
  readonly evses: readonly { readonly meterKeys: readonly Record<string, string | number>[] }[];
}

/** The station's record with its one outlet's meter keys, or other fields, replaced. */
const withOutlet = (stored: string | undefined, change: Record<string, unknown>) => {
  const { evses } = JSON.parse(stored ?? '') as OutletShape;
  return { evses: evses.map((evse) => ({ ...evse, ...change })) } as never;
};

describe('session.settle asks the meter and', () => {
  it('takes a statement whose facts give the text that it signed, and whole statements of another make', async () => {
    const taken: readonly CloseOptions[] = [
      {},
      { unbound: true },
      { texts: {} },
      { texts: { sessionId: 'USDUK-USALP-g0-1' } },
    ];
    for (const close of taken) {
      const { ledger, told } = await settling({}, close);
      assert.equal(await ledger.refusal(call(told)), 'ok', JSON.stringify(close));
    }
  });

  const startsElse = readingsOf(1, [{ registerMilliWh: 999_999_000n }]);
  const endsElse = readingsOf(1, [{}, {}, {}, {}, { registerMilliWh: 1_030_000_001n }]);
  const later = readingsOf(1, [{}, {}, {}, {}, { atMs: OPENED_MS + 6_700_000 }]);
  const cases: readonly (readonly [code: string, what: string, options: CloseOptions])[] = [
    ['BAD_SIGNATURE', 'a start that the meter did not sign', { signed: startsElse }],
    [
      'BAD_SIGNATURE',
      'an end that the meter did not sign, by a thousandth of a watt-hour',
      { signed: endsElse },
    ],
    ['BAD_SIGNATURE', 'an end at another time than signed', { signed: later }],
    ['CDR_MISMATCH', 'a start that another maker’s meter did not sign', { signed: startsElse, texts: {} }],
    ['CDR_MISMATCH', 'an end that another maker’s meter did not sign', { signed: endsElse, texts: {} }],
    ['CDR_MISMATCH', 'a time that another maker’s meter did not sign', { signed: later, texts: {} }],
    ['BAD_SIGNATURE', 'a meter with another key', { meterKey: KEYS.stranger }],
    ['BAD_SIGNATURE', 'another maker’s meter with another key', { meterKey: KEYS.stranger, texts: {} }],
    ['BAD_SIGNATURE', 'another meter with the same key', { meterSerial: 'DUK-M-0002' }],
    [
      'BAD_SIGNATURE',
      'another maker’s other meter with the same key',
      { meterSerial: 'DUK-M-0002', texts: {} },
    ],
    ['BAD_SIGNATURE', 'an end that was signed before the start', { texts: { pages: [2, 1] } }],
    ['BAD_SIGNATURE', 'an end of another register', { texts: { end: ['1-b:1.8.0', '01-00:B1.08.00*FF'] } }],
    ['BAD_SIGNATURE', 'a begin that is a fiscal record', { texts: { begin: ['"PG":"T', '"PG":"F'] } }],
    ['BAD_SIGNATURE', 'an end that is a fiscal record', { texts: { end: ['"PG":"T', '"PG":"F'] } }],
    [
      'BAD_SIGNATURE',
      'ends that the meter does not call good, though it signed them',
      { texts: { begin: ['"ST":"G"', '"ST":"T"'], end: ['"ST":"G"', '"ST":"T"'] } },
    ],
    ['BAD_SIGNATURE', 'a statement for another session', { signedFor: 'USDUK-USALP-g0-2' }],
    ['BAD_SIGNATURE', 'whole statements for another session', { texts: { sessionId: 'USDUK-USALP-g0-2' } }],
    [
      'BAD_SIGNATURE',
      'a statement that is no OCMF',
      { body: { statement: { form: 'ocmf', end: 'OCMF|{}|{}' } } },
    ],
    ['INVALID_ARGUMENT', 'the close of another session', { body: { sessionId: 'USDUK-USALP-g0-2' } }],
  ];
  for (const [code, what, options] of cases) {
    it(`refuses ${what}: ${code}`, async () => {
      const { ledger, told } = await settling({}, options);
      assert.equal(await ledger.refusal(call(told)), code);
    });
  }

  it('refuses readings between that run backwards, in register or time: CDR_MISMATCH', async () => {
    for (const between of [{ registerMilliWh: 1_040_000_000n }, { atMs: OPENED_MS + 6_000_000 }]) {
      const { ledger, lane, session, closed } = await settling();
      const back = closeSession(session, { readings: readingsOf(1, [{}, between]) });
      assert.equal(
        await ledger.refusal(call(lane.settle('b1', [back], { rated: [closed] }))),
        'CDR_MISMATCH',
      );
    }
  });

  it('takes the meter’s flags as it signed them, on the first and last reading alone', async () => {
    const unset = readingsOf(1, [{ clock: 'U' }]);
    const flagged = readingsOf(1, [{}, {}, {}, {}, { errorFlags: 't' }]);
    const between = readingsOf(1, [{}, { clock: 'R' }]);
    const cases: readonly (readonly [code: string, what: string, options: CloseOptions])[] = [
      ['BAD_SIGNATURE', 'a clock that it did not call so', { readings: unset, signed: readingsOf(1) }],
      ['BAD_SIGNATURE', 'a clock that it called so, left out', { readings: readingsOf(1), signed: unset }],
      ['BAD_SIGNATURE', 'a flag that it raised, left out', { readings: readingsOf(1), signed: flagged }],
      ['CDR_MISMATCH', 'the same of another make', { readings: readingsOf(1), signed: flagged, texts: {} }],
      ['CDR_MISMATCH', 'minutes by a clock that nobody set', { readings: unset }],
      ['CDR_MISMATCH', 'minutes when it flags its time', { readings: flagged }],
      ['CDR_MISMATCH', 'a flag between', { readings: between, signed: readingsOf(1) }],
    ];
    for (const [code, what, options] of cases) {
      const { ledger, lane, session, closed } = await settling();
      const told = lane.settle('b1', [closeSession(session, options)], { rated: [closed] });
      assert.equal(await ledger.refusal(call(told)), code, what);
    }
  });

  it('refuses facts that no statement can hold', async () => {
    const { ledger, lane, closed } = await settling();
    const text = closed.text.replace('"model":"Roamgrid station"', '"model":"a|b"');
    const told = lane.settle('b1', [{ ...closed, text, hash: bodyHash(text) }]);
    assert.equal(await ledger.refusal(call(told)), 'INVALID_ARGUMENT');
  });

  it('takes a meter’s one statement for its session and for no other', async () => {
    const { ledger, lane, sessions } = await withOpened([1, 2]);
    const [one, two] = sessions;
    assert.ok(one && two);
    const { statement, readings } = closeSession(one).body;
    const other = closeSession(two, { readings, body: { statement } });
    assert.equal(await ledger.refusal(call(lane.settle('b1', [other]))), 'BAD_SIGNATURE');
  });

  it('refuses a meter key that was registered after the session opened', async () => {
    const { ledger, told } = await settling();
    const { fromMs, ...key } = {
      ...KEYS.meter.jwk,
      meterId: 'DUK-M-0001',
      signedBy: 'meter',
      fromMs: OPENED_MS + 1,
    };
    amend(ledger, STATION, withOutlet(ledger.state.get(STATION), { meterKeys: [{ ...key, fromMs }] }));
    assert.equal(await ledger.refusal(call(told)), 'BAD_SIGNATURE');
    amend(
      ledger,
      STATION,
      withOutlet(ledger.state.get(STATION), { meterKeys: [{ ...key, fromMs: fromMs - 1 }] }),
    );
    assert.equal(await ledger.refusal(call(told)), 'ok');
  });

  it('takes what began with a meter that was changed since, with its key, its outlet and its station', async () => {
    const { ledger, told } = await settling();
    const since = OPENED_MS + 1;
    const signedBy = 'meter';
    const held = { signedBy, meterId: 'DUK-M-0001', fromMs: OPENED_MS - DAY_MS, untilMs: since };
    const was = { ...KEYS.meter.jwk, ...held };
    const is = { ...makeKey('duk-meter-2').jwk, signedBy, meterId: 'DUK-M-0002', fromMs: since };
    const evse = { meterId: 'DUK-M-0002', meterKeys: [was, is], removedAtMs: since };
    amend(ledger, STATION, {
      ...(withOutlet(ledger.state.get(STATION), evse) as object),
      status: 'suspended',
      statusFromMs: since,
    });
    assert.equal(await ledger.refusal(call(told)), 'ok');
    amend(ledger, STATION, withOutlet(ledger.state.get(STATION), { removedAtMs: OPENED_MS }));
    assert.equal(await ledger.refusal(call(told)), 'NOT_FOUND');
  });

  it('refuses a bill above the consented cap, and takes one micro less', async () => {
    for (const [capMicros, expected] of [
      [9_308_998n, 'OVER_CAP'],
      [9_308_999n, 'ok'],
    ] as const) {
      const { ledger, told } = await settling({ quote: { capMicros, estimateMicros: 1n } });
      assert.equal(await ledger.refusal(call(told)), expected);
    }
  });
});
