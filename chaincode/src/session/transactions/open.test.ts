import assert from 'node:assert/strict';
import { implicitCollection, LEDGER_LIMITS, packBodies, type JsonValue } from '@roamgrid/wire';
import {
  AGREEMENT_ID,
  by,
  call,
  DAY_MS,
  EVSE_ID,
  HOUR_MS,
  KEYS,
  MSP,
  NOW_MS,
  sealedTerms,
  STATION_ID,
  TARIFF_ID,
  termsOf,
} from '../../testing/parties.ts';
import { amend, but, withGroundwork, withOpened } from '../../testing/prepared.ts';
import { openCall, openSession, type OpenOptions } from '../../testing/sessions.ts';

const OPENED_MS = NOW_MS - 3 * HOUR_MS;
const BOTH = [MSP.USALP, MSP.USDUK];

describe('session.open', () => {
  it('writes one record a session, endorsed by both, and the bodies together to both collections', async () => {
    const ledger = await withGroundwork();
    const session = await openSession('s1');
    const { writes, answer, event, text } = await ledger.submit(call(openCall([session])));

    const commands = Object.keys(writes.public).filter((key) => key.startsWith(`command:${MSP.USDUK}:`));
    assert.equal(commands.length, 1);
    assert.deepEqual(new Set(Object.keys(writes.public)), new Set(['session:s1', ...commands]));
    assert.deepEqual(writes.public['session:s1'], {
      type: 'session',
      version: 1,
      sessionId: 's1',
      state: 'opened',
      vun: 'USDUK',
      hun: 'USALP',
      agreementId: AGREEMENT_ID,
      openHash: session.sealed.hash,
      openingId: (answer as { commandId: string }).commandId,
      openedAtMs: OPENED_MS,
      expiresAtMs: OPENED_MS + 2 * HOUR_MS + 30 * DAY_MS,
    });
    assert.deepEqual(writes.endorsers, { 'session:s1': BOTH });
    const bodies = JSON.parse(packBodies([session.sealed.text])) as JsonValue;
    const { commandId } = answer as { commandId: string };
    assert.deepEqual(writes.private, {
      [`${implicitCollection(MSP.USALP)}/opening:${commandId}`]: bodies,
      [`${implicitCollection(MSP.USDUK)}/opening:${commandId}`]: bodies,
    });
    assert.deepEqual((answer as { wrote: JsonValue }).wrote, []);
    assert.deepEqual(event, { name: 'session.open', payload: text });
  });

  it('opens a session on a visitor profile, any number of times', async () => {
    const ledger = await withGroundwork();
    for (const id of ['s1', 's2']) {
      const session = await openSession(id, { authorisedBy: 'cache' });
      assert.equal(await ledger.refusal(call(openCall([session]))), 'ok');
      await ledger.submit(call(openCall([session])));
    }
  });

  it('puts nothing personal or bilateral in public', async () => {
    const ledger = await withGroundwork();
    const session = await openSession('s1');
    const { writes } = await ledger.submit(call(openCall([session])));
    const shown = JSON.stringify(writes.public);
    for (const secret of [session.body.cinRef, session.body.evidence, EVSE_ID, 'Micros', 'Ppm']) {
      assert.ok(!shown.includes(secret), secret);
    }
  });

  it('told again gives the first receipt and writes nothing; with other content it is a CONFLICT', async () => {
    const ledger = await withGroundwork();
    const told = call(openCall([await openSession('s1')]));
    const first = await ledger.submit(told);
    const again = await ledger.submit(told);
    assert.equal(again.text, first.text);
    assert.deepEqual(again.writes, { public: {}, endorsers: {}, private: {} });
    const other = openCall([await openSession('s2')]);
    const commandId = (told.command as { commandId: string }).commandId;
    assert.equal(
      await ledger.refusal({ ...call(other), command: { ...other.command, commandId } }),
      'CONFLICT',
    );
  });

  it('is the same on every peer', async () => {
    const [left, right] = [await withGroundwork(), await withGroundwork()];
    right.state.clear();
    for (const [key, text] of left.state) right.state.set(key, text);
    const told = call(
      openCall([await openSession('s1'), await openSession('s2', { authorisedBy: 'cache' })]),
    );
    assert.deepEqual(await left.submit(told), await right.submit(told));
  });

  describe('refuses', () => {
    const sessionCases: readonly (readonly [code: string, what: string, options: OpenOptions])[] = [
      ['BAD_SIGNATURE', 'an authorisation signed by another key of that kid', { homeKey: KEYS.stranger }],
      ['BAD_SIGNATURE', 'an authorisation signed by the visited utility', { homeKey: KEYS.USDUK }],
      ['BAD_SIGNATURE', 'an authorisation of another request', { authorisation: { requestId: 'r-other' } }],
      [
        'BAD_SIGNATURE',
        'an authorisation for another outlet',
        { authorisation: { evseId: 'US*DUK*E0002*1' } },
      ],
      [
        'BAD_SIGNATURE',
        'an authorisation for another customer',
        { authorisation: { cinRef: 'a'.repeat(64) } },
      ],
      ['BAD_SIGNATURE', 'an authorisation for another visited utility', { authorisation: { aud: 'USGPC' } }],
      ['BAD_SIGNATURE', 'an authorisation issued by a third utility', { authorisation: { iss: 'USGPC' } }],
      ['EXPIRED', 'an authorisation that had run out', { authorisation: { validUntilMs: OPENED_MS - 1 } }],
      [
        'OUTSIDE_AGREEMENT',
        'a cap above the authorised limit',
        { authorisation: { limitMicros: 19_999_999n } },
      ],
      [
        'OUTSIDE_AGREEMENT',
        'an adjustment that was not signed',
        { authorisation: { adjustmentPpm: -50_000n } },
      ],
      ['OUTSIDE_AGREEMENT', 'an adjustment outside the level', { authorisation: { loyalty: 'none' } }],
      ['OUTSIDE_AGREEMENT', 'an authorisation in another currency', { authorisation: { currency: 'EUR' } }],
      ['OUTSIDE_AGREEMENT', 'a quote in another currency', { quote: { currency: 'EUR' } }],
      [
        'OUTSIDE_AGREEMENT',
        'a cap above the agreed largest session',
        { quote: { capMicros: 200_000_001n }, authorisation: { limitMicros: 10n ** 12n } },
      ],
      ['INVALID_ARGUMENT', 'an estimate above the cap', { quote: { estimateMicros: 20_000_001n } }],
      ['OUTSIDE_AGREEMENT', 'a tariff version that is not bound', { quote: { tariffVersion: 2 } }],
      ['NOT_FOUND', 'an unknown station', { quote: { stationId: 'duk-9' } }],
      ['NOT_FOUND', 'an unknown outlet', { quote: { evseId: 'US*DUK*E0009*1' } }],
      ['INVALID_ARGUMENT', 'a quote of another home utility', { quote: { hun: 'USGPC' } }],
      ['INVALID_ARGUMENT', 'a quote of another agreement', { quote: { agreementId: 'other' } }],
      ['INVALID_ARGUMENT', 'a quote of another session', { quote: { sessionId: 's9' } }],
      [
        'INVALID_ARGUMENT',
        'a quote that ends before it begins',
        { quote: { issuedAtMs: OPENED_MS + DAY_MS } },
      ],
      ['INVALID_ARGUMENT', 'a session without end', { quote: { plannedMs: 31 * DAY_MS + 1 } }],
      ['BAD_SIGNATURE', 'a consent that the station did not sign', { stationKey: KEYS.USDUK }],
      ['BAD_SIGNATURE', 'a consent to another session', { consent: { sessionId: 's9' } }],
      ['BAD_SIGNATURE', 'a consent at another station', { consent: { iss: 'duk-9' } }],
      ['HASH_MISMATCH', 'a consent to another quote', { consent: { quoteHash: 'b'.repeat(64) } }],
      [
        'EXPIRED',
        'a consent after the quote ran out',
        { quote: { validUntilMs: OPENED_MS - 2_000 }, authorisation: { validUntilMs: OPENED_MS } },
      ],
      ['EXPIRED', 'a consent before the quote was made', { consent: { consentedAtMs: OPENED_MS - 60_001 } }],
      ['INVALID_ARGUMENT', 'an opening before the consent', { consent: { consentedAtMs: OPENED_MS + 1 } }],
      [
        'CLOCK_SKEW',
        'an opening in the future',
        {
          body: { openedAtMs: NOW_MS + 300_001 },
          authorisation: { validUntilMs: NOW_MS + DAY_MS },
        },
      ],
      [
        'EXPIRED',
        'an opening that comes later than a CDR could',
        { body: { openedAtMs: NOW_MS - 30 * DAY_MS - 1 } },
      ],
      [
        'FORBIDDEN',
        'a profile on the black list',
        { authorisedBy: 'cache', profile: { whitelist: 'NEVER' } },
      ],
      [
        'EXPIRED',
        'a profile that had run out',
        { authorisedBy: 'cache', profile: { validUntilMs: OPENED_MS - 1 } },
      ],
      [
        'EXPIRED',
        'a profile of tomorrow',
        { authorisedBy: 'cache', profile: { validFromMs: OPENED_MS + 1 } },
      ],
      [
        'OUTSIDE_AGREEMENT',
        'a profile that lives too long',
        { authorisedBy: 'cache', profile: { validUntilMs: OPENED_MS + 8 * DAY_MS } },
      ],
      [
        'OUTSIDE_AGREEMENT',
        'a profile that exposes too much',
        { authorisedBy: 'cache', profile: { exposureMicros: 100_000_001n } },
      ],
      [
        'OUTSIDE_AGREEMENT',
        'a cap above the profile',
        { authorisedBy: 'cache', profile: { perSessionMicros: 19_999_999n } },
      ],
      [
        'BAD_SIGNATURE',
        'a profile of another customer',
        { authorisedBy: 'cache', profile: { cinRef: 'c'.repeat(64) } },
      ],
      ['BAD_SIGNATURE', 'an authorisation shown as a profile', { body: { authorisedBy: 'cache' } }],
    ];
    for (const [code, what, options] of sessionCases) {
      it(`${what}: ${code}`, async () => {
        const ledger = await withGroundwork();
        assert.equal(await ledger.refusal(call(openCall([await openSession('s1', options)]))), code);
      });
    }

    it('a session id that is taken, and an authorisation used for another session', async () => {
      const { ledger, sessions } = await withOpened(['s1']);
      assert.equal(await ledger.refusal(call(openCall([await openSession('s1')]))), 'CONFLICT');
      const [first] = sessions;
      assert.ok(first);
      const reused = await openSession('s2', {
        quote: { requestId: first.body.quote.requestId },
        body: { evidence: first.body.evidence },
      });
      assert.equal(await ledger.refusal(call(openCall([reused]))), 'BAD_SIGNATURE');
      const twice = await openSession('s3');
      assert.equal(await ledger.refusal(call(openCall([twice, twice]))), 'CONFLICT');
    });

    const callCases: readonly (readonly [code: string, what: string, change: Parameters<typeof but>[1]])[] = [
      ['FORBIDDEN', 'the home utility', { caller: by('USALP', 'station') }],
      ['FORBIDDEN', 'an auditor', { caller: by('USDUK', 'auditor') }],
      ['FORBIDDEN', 'a certificate without role', { caller: by('USDUK', undefined) }],
      ['OUTSIDE_AGREEMENT', 'a pair that is not of the agreement', { command: { hun: 'USGPC' } }],
      ['OUTSIDE_AGREEMENT', 'a utility visiting itself', { command: { hun: 'USDUK' } }],
      ['NOT_FOUND', 'an unknown agreement', { command: { agreementId: 'nope' } }],
      ['INVALID_ARGUMENT', 'another number of bodies', { transient: { bodies: packBodies([]) } }],
      ['INVALID_ARGUMENT', 'bodies that are no JSON', { transient: { bodies: packBodies(['[']) } }],
      ['INVALID_ARGUMENT', 'bodies that are not packed', { transient: { bodies: '[]' } }],
      [
        'TOO_LARGE',
        'bodies that unpack to more than a command may carry',
        { transient: { bodies: packBodies([JSON.stringify(' '.repeat(LEDGER_LIMITS.unpackedBytes))]) } },
      ],
      ['INVALID_ARGUMENT', 'a command with an unknown field', { command: { more: 1 } }],
      ['INVALID_ARGUMENT', 'a command without items', { command: { items: [] } }],
      [
        'HASH_MISMATCH',
        'terms that were not signed',
        { transient: { terms: sealedTerms(termsOf({ maxSessionMicros: 10n ** 12n })).text } },
      ],
      [
        'HASH_MISMATCH',
        'a body of another hash',
        { command: { items: [{ sessionId: 's1', openHash: 'd'.repeat(64) }] } },
      ],
      ['EXPIRED', 'a visited utility whose registration ran out', { nowMs: NOW_MS + 365 * DAY_MS }],
    ];
    for (const [code, what, change] of callCases) {
      it(`${what}: ${code}`, async () => {
        const ledger = await withGroundwork();
        assert.equal(await ledger.refusal(but(openCall([await openSession('s1')]), change)), code);
      });
    }

    const stateCases: readonly (readonly [string, string, string, Record<string, JsonValue>])[] = [
      ['WRONG_STATE', 'a suspended home utility', 'utility:USALP', { status: 'suspended' }],
      ['WRONG_STATE', 'a suspended visited utility', 'utility:USDUK', { status: 'suspended' }],
      ['WRONG_STATE', 'a suspended station', `station:USDUK:${STATION_ID}`, { status: 'suspended' }],
      ['WRONG_STATE', 'an agreement that ended', `agreement:${AGREEMENT_ID}`, { state: 'ended' }],
      [
        'WRONG_STATE',
        'an agreement that is only proposed',
        `agreement:${AGREEMENT_ID}`,
        { state: 'proposed' },
      ],
      ['EXPIRED', 'an agreement that ran out', `agreement:${AGREEMENT_ID}`, { validUntilMs: OPENED_MS }],
      ['EXPIRED', 'an agreement of tomorrow', `agreement:${AGREEMENT_ID}`, { validFromMs: OPENED_MS + 1 }],
      ['EXPIRED', 'a tariff of tomorrow', `tariff:${TARIFF_ID}:00000001`, { validFromMs: OPENED_MS + 1 }],
      [
        'OUTSIDE_AGREEMENT',
        'a tariff of the home utility',
        `tariff:${TARIFF_ID}:00000001`,
        { utilityId: 'USALP' },
      ],
    ];
    for (const [code, what, key, change] of stateCases) {
      it(`${what}: ${code}`, async () => {
        const ledger = await withGroundwork();
        amend(ledger, key, change);
        assert.equal(await ledger.refusal(call(openCall([await openSession('s1')]))), code);
      });
    }

    it('a batch above its bytes: TOO_LARGE', async () => {
      const ledger = await withGroundwork();
      const told = openCall([await openSession('s1')]);
      const padding = ' '.repeat(3_000_000);
      assert.equal(await ledger.refusal(but(told, { transient: { more: padding } })), 'TOO_LARGE');
    });
  });
});
