import assert from 'node:assert/strict';
import type { JsonValue } from '@roamgrid/wire';
import {
  AGREEMENT_ID,
  call,
  DAY_MS,
  EVSE_ID,
  KEYS,
  makeKey,
  NOW_MS,
  STATION_ID,
  TARIFF_ID,
  tariffJson,
} from '../../testing/parties.ts';
import { amend, settling } from '../../testing/prepared.ts';
import { PAST, type OpenOptions } from '../../testing/opened.ts';

/** What both endorsers judge of an opening when its session is settled. */

const OPENED_MS = PAST.baseMs;
const DEVICE = makeKey('device-1');

describe('session.settle judges the opening and', () => {
  it('takes what home authorised, and what it left a profile for', async () => {
    for (const authorisedBy of ['home', 'cache'] as const) {
      const { ledger, told } = await settling({ authorisedBy });
      assert.equal(await ledger.refusal(call(told)), 'ok', authorisedBy);
    }
  });

  it('takes a tariff that is for the outlet, its station or its place, and none that is for another', async () => {
    const { ledger, told } = await settling();
    amend(ledger, `station:USDUK:${STATION_ID}`, { placeId: 'mall' });
    const at = { placeId: 'mall', stationId: STATION_ID };
    const scopes: readonly (readonly [code: string, appliesTo: Record<string, JsonValue>])[] = [
      ['ok', { placeId: 'mall' }],
      ['ok', at],
      ['ok', { ...at, evseId: EVSE_ID }],
      ['OUTSIDE_AGREEMENT', { placeId: 'port' }],
      ['OUTSIDE_AGREEMENT', { ...at, stationId: 'duk-2' }],
      ['OUTSIDE_AGREEMENT', { ...at, evseId: 'US*DUK*E0001*2' }],
    ];
    for (const [code, appliesTo] of scopes) {
      amend(ledger, `tariff:${TARIFF_ID}:00000001`, { appliesTo });
      assert.equal(await ledger.refusal(call(told)), code, JSON.stringify(appliesTo));
    }
  });

  const cases: readonly (readonly [code: string, what: string, options: OpenOptions])[] = [
    ['BAD_SIGNATURE', 'an authorisation signed by another key of that kid', { homeKey: KEYS.stranger }],
    ['BAD_SIGNATURE', 'an authorisation signed by the visited utility', { homeKey: KEYS.USDUK }],
    [
      'BAD_SIGNATURE',
      'an authorisation of another session',
      { authorisation: { sessionId: 'USDUK-USALP-g0-9' } },
    ],
    ['BAD_SIGNATURE', 'an authorisation for another outlet', { authorisation: { evseId: 'US*DUK*E0002*1' } }],
    ['BAD_SIGNATURE', 'an authorisation for another customer', { authorisation: { cinRef: 'a'.repeat(64) } }],
    ['BAD_SIGNATURE', 'an authorisation for another visited utility', { authorisation: { aud: 'USGPC' } }],
    ['BAD_SIGNATURE', 'an authorisation issued by a third utility', { authorisation: { iss: 'USGPC' } }],
    ['BAD_SIGNATURE', 'an authorisation of another channel', { authorisation: { channel: 'other' } }],
    ['BAD_SIGNATURE', 'an authorisation of another offer', { authorisation: { offerHash: 'a'.repeat(64) } }],
    ['EXPIRED', 'an authorisation that had run out', { authorisation: { validUntilMs: OPENED_MS - 1 } }],
    [
      'EXPIRED',
      'an authorisation of more than a day before',
      { authorisation: { issuedAtMs: OPENED_MS - DAY_MS - 1, validUntilMs: OPENED_MS + DAY_MS } },
    ],
    [
      'EXPIRED',
      'an authorisation dated after the session',
      { authorisation: { issuedAtMs: OPENED_MS + 300_001 } },
    ],
    [
      'OUTSIDE_AGREEMENT',
      'a cap above the authorised limit',
      { authorisation: { limitMicros: 19_999_999n } },
    ],
    ['OUTSIDE_AGREEMENT', 'more energy than authorised', { authorisation: { energyLimitWh: 39_999n } }],
    [
      'OUTSIDE_AGREEMENT',
      'an adjustment that was not signed',
      { authorisation: { adjustmentPpm: -50_000n } },
    ],
    ['OUTSIDE_AGREEMENT', 'an adjustment outside the level', { authorisation: { loyalty: 'none' } }],
    ['OUTSIDE_AGREEMENT', 'an authorisation in another currency', { authorisation: { currency: 'EUR' } }],
    [
      'OUTSIDE_AGREEMENT',
      'a cap above the agreed largest session',
      { quote: { capMicros: 200_000_001n }, authorisation: { limitMicros: 10n ** 12n } },
    ],
    ['INVALID_ARGUMENT', 'an estimate above the cap', { quote: { estimateMicros: 20_000_001n } }],
    ['NOT_FOUND', 'an unknown tariff version', { quote: { tariffVersion: 2 } }],
    ['NOT_FOUND', 'an unknown station', { quote: { stationId: 'duk-9' } }],
    ['NOT_FOUND', 'an unknown outlet', { quote: { evseId: 'US*DUK*E0009*1' } }],
    ['INVALID_ARGUMENT', 'a quote of another home utility', { quote: { hun: 'USGPC' } }],
    ['INVALID_ARGUMENT', 'a quote of another agreement', { quote: { agreementId: 'other' } }],
    ['INVALID_ARGUMENT', 'a quote of another session', { quote: { sessionId: 'USDUK-USALP-g0-9' } }],
    ['INVALID_ARGUMENT', 'a quote of another channel', { quote: { channel: 'other' } }],
    ['INVALID_ARGUMENT', 'a quote that ends before it begins', { quote: { issuedAtMs: OPENED_MS + DAY_MS } }],
    ['INVALID_ARGUMENT', 'a session without end', { quote: { plannedMs: 31 * DAY_MS + 1 } }],
    ['BAD_SIGNATURE', 'a consent by no key of the station', { consent: { kid: 'duk-station-9' } }],
    [
      'EXPIRED',
      'a consent after the quote ran out',
      { quote: { validUntilMs: OPENED_MS - 2_000 }, authorisation: { validUntilMs: OPENED_MS } },
    ],
    ['EXPIRED', 'a consent before the quote was made', { consent: { consentedAtMs: OPENED_MS - 60_001 } }],
    ['INVALID_ARGUMENT', 'an opening before the consent', { consent: { consentedAtMs: OPENED_MS + 1 } }],
    ['FORBIDDEN', 'a profile on the black list', { authorisedBy: 'cache', profile: { whitelist: 'NEVER' } }],
    [
      'EXPIRED',
      'a profile that had run out',
      { authorisedBy: 'cache', profile: { validUntilMs: OPENED_MS - 1 } },
    ],
    ['EXPIRED', 'a profile of tomorrow', { authorisedBy: 'cache', profile: { validFromMs: OPENED_MS + 1 } }],
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
      'OUTSIDE_AGREEMENT',
      'a cap above the profile’s whole exposure',
      { authorisedBy: 'cache', profile: { exposureMicros: 19_999_999n } },
    ],
    [
      'BAD_SIGNATURE',
      'a profile of another customer',
      { authorisedBy: 'cache', profile: { cinRef: 'c'.repeat(64) } },
    ],
    [
      'BAD_SIGNATURE',
      'a profile of another channel',
      { authorisedBy: 'cache', profile: { channel: 'other' } },
    ],
    [
      'BAD_SIGNATURE',
      'a profile for another visited utility',
      { authorisedBy: 'cache', profile: { aud: 'USGPC' } },
    ],
    ['BAD_SIGNATURE', 'an authorisation shown as a profile', { body: { authorisedBy: 'cache' } }],
    [
      'BAD_SIGNATURE',
      'a cap for which home requires the driver’s device',
      { authorisation: { driverConsentAboveMicros: 19_999_999n } },
    ],
    [
      'BAD_SIGNATURE',
      'a profile’s cap for which home requires the driver’s device',
      { authorisedBy: 'cache', profile: { driverConsentAboveMicros: 19_999_999n } },
    ],
    [
      'BAD_SIGNATURE',
      'a consent by another device than home bound',
      { driverKey: DEVICE, otherDriverKey: KEYS.stranger },
    ],
    ['BAD_SIGNATURE', 'a consent by a device when home bound none', { otherDriverKey: DEVICE }],
  ];
  for (const [code, what, options] of cases) {
    it(`refuses ${what}: ${code}`, async () => {
      const { ledger, told } = await settling(options);
      assert.equal(await ledger.refusal(call(told)), code);
    });
  }

  it('refuses a quote in another currency: OUTSIDE_AGREEMENT', async () => {
    const tariffText = tariffJson().replace('USD', 'EUR');
    const { ledger, told } = await settling({ quote: { currency: 'EUR' } }, {}, { tariffText });
    assert.equal(await ledger.refusal(call(told)), 'OUTSIDE_AGREEMENT');
  });

  it('takes a cap up to which home asks for no device, and one above it with the device’s consent', async () => {
    for (const options of [
      { authorisation: { driverConsentAboveMicros: 20_000_000n } },
      { authorisation: { driverConsentAboveMicros: 0n }, driverKey: DEVICE },
      { authorisedBy: 'cache', profile: { driverConsentAboveMicros: 0n }, driverKey: DEVICE },
      { driverKey: DEVICE },
    ] as const satisfies readonly OpenOptions[]) {
      const { ledger, told } = await settling(options);
      assert.equal(await ledger.refusal(call(told)), 'ok');
    }
  });

  it('verifies the station’s consent itself where the meter did not bind it', async () => {
    const forged = { stationKey: { ...KEYS.USDUK, jwk: KEYS.station.jwk } };
    const unbound = await settling(forged, { unbound: true });
    assert.equal(await unbound.ledger.refusal(call(unbound.told)), 'BAD_SIGNATURE');
    const bound = await settling(forged);
    assert.equal(
      await bound.ledger.refusal(call(bound.told)),
      'ok',
      'the meter signed for this very consent',
    );
    const good = await settling({}, { unbound: true });
    assert.equal(await good.ledger.refusal(call(good.told)), 'ok');
  });

  it('takes a consent by a key that the station took up again', async () => {
    const { ledger, told } = await settling();
    const { fromMs: _from, ...key } = { ...KEYS.station.jwk, fromMs: 0 };
    amend(ledger, `station:USDUK:${STATION_ID}`, {
      signingKeys: [
        { ...key, fromMs: OPENED_MS - 10 * DAY_MS, untilMs: OPENED_MS - 5 * DAY_MS },
        { ...key, fromMs: OPENED_MS - DAY_MS },
      ],
    });
    assert.equal(await ledger.refusal(call(told)), 'ok');
  });

  describe('stands on the ledger as it was: it refuses', () => {
    const states: readonly (readonly [string, string, string, Record<string, JsonValue>])[] = [
      [
        'WRONG_STATE',
        'a suspended station',
        `station:USDUK:${STATION_ID}`,
        { status: 'suspended', statusFromMs: OPENED_MS },
      ],
      [
        'WRONG_STATE',
        'a home utility that was suspended when it said yes',
        'utility:USALP',
        { status: 'suspended', statusFromMs: OPENED_MS - DAY_MS },
      ],
      [
        'WRONG_STATE',
        'a home utility whose registration had run out when it said yes',
        'utility:USALP',
        { validUntilMs: OPENED_MS - DAY_MS },
      ],
      ['WRONG_STATE', 'an agreement that was withdrawn', `agreement:${AGREEMENT_ID}`, { state: 'withdrawn' }],
      [
        'WRONG_STATE',
        'an agreement that is only proposed',
        `agreement:${AGREEMENT_ID}`,
        { state: 'proposed' },
      ],
      ['EXPIRED', 'an agreement that had run out', `agreement:${AGREEMENT_ID}`, { validUntilMs: OPENED_MS }],
      ['EXPIRED', 'an agreement that had ended', `agreement:${AGREEMENT_ID}`, { endsAtMs: OPENED_MS }],
      ['EXPIRED', 'an agreement of tomorrow', `agreement:${AGREEMENT_ID}`, { validFromMs: OPENED_MS + 1 }],
      ['EXPIRED', 'a tariff of tomorrow', `tariff:${TARIFF_ID}:00000001`, { validFromMs: OPENED_MS + 1 }],
      ['EXPIRED', 'a tariff that had run out', `tariff:${TARIFF_ID}:00000001`, { validUntilMs: OPENED_MS }],
      [
        'OUTSIDE_AGREEMENT',
        'a tariff of the home utility',
        `tariff:${TARIFF_ID}:00000001`,
        { utilityId: 'USALP' },
      ],
      ['INVALID_ARGUMENT', 'a station of another group', `station:USDUK:${STATION_ID}`, { group: 'g1' }],
    ];
    for (const [code, what, key, change] of states) {
      it(`${what}: ${code}`, async () => {
        const { ledger, told } = await settling();
        amend(ledger, key, change);
        assert.equal(await ledger.refusal(call(told)), code);
      });
    }

    it('a tariff that is not bound: OUTSIDE_AGREEMENT', async () => {
      const { ledger, told } = await settling();
      ledger.state.delete(`binding:${AGREEMENT_ID}:${TARIFF_ID}:00000001`);
      assert.equal(await ledger.refusal(call(told)), 'OUTSIDE_AGREEMENT');
    });

    it('an authorisation by a key that home had ended, or had not yet, when it says that it signed', async () => {
      for (const dates of [
        { fromMs: 0, untilMs: OPENED_MS - 60_000 - 300_000 },
        { fromMs: OPENED_MS - 60_000 + 300_001 },
      ]) {
        for (const authorisedBy of ['home', 'cache'] as const) {
          const profile = { validFromMs: OPENED_MS - 60_000 };
          const { ledger, told } = await settling({ authorisedBy, profile });
          amend(ledger, 'utility:USALP', { signingKeys: [{ ...KEYS.USALP.jwk, ...dates }] });
          assert.equal(await ledger.refusal(call(told)), 'BAD_SIGNATURE');
        }
      }
    });
  });

  describe('takes what home consented to, though since then home', () => {
    const since: readonly (readonly [string, string, Record<string, JsonValue>])[] = [
      [
        'took other keys',
        'utility:USALP',
        { signingKeys: [{ ...KEYS.USALP.jwk, fromMs: 0, untilMs: OPENED_MS }] },
      ],
      ['suspended itself', 'utility:USALP', { status: 'suspended', statusFromMs: OPENED_MS }],
      ['let its registration run out', 'utility:USALP', { validUntilMs: OPENED_MS + 1 }],
      ['ended the agreement', `agreement:${AGREEMENT_ID}`, { endsAtMs: OPENED_MS + 1 }],
    ];
    for (const [what, key, change] of since) {
      it(what, async () => {
        for (const authorisedBy of ['home', 'cache'] as const) {
          const { ledger, told } = await settling({ authorisedBy });
          amend(ledger, key, change);
          assert.equal(await ledger.refusal(call(told)), 'ok', authorisedBy);
        }
      });
    }

    it('dated a new key or a suspension back as far as clocks can differ', async () => {
      for (const change of [
        { signingKeys: [{ ...KEYS.USALP.jwk, fromMs: 0, untilMs: OPENED_MS - 60_000 - 299_999 }] },
        { status: 'suspended', statusFromMs: OPENED_MS - 60_000 - 299_999 },
      ]) {
        const { ledger, told } = await settling();
        amend(ledger, 'utility:USALP', change);
        assert.equal(await ledger.refusal(call(told)), 'ok');
      }
    });
  });

  it('refuses a body that was changed after it opened, and one whose way leads elsewhere', async () => {
    const { ledger, told, session } = await settling();
    assert.ok(session.body.openedAtMs < NOW_MS);
    const other = await settling({ body: { salt: 'b'.repeat(64) } });
    const { sessions } = other.told.transient ?? {};
    const changed = {
      ...told,
      transient: { ...told.transient, ...(sessions !== undefined && { sessions }) },
    };
    const root = other.told.command['merkleRoot'] ?? '';
    const headed = {
      ...changed,
      command: { ...told.command, merkleRoot: root, headerHash: other.told.command['headerHash'] ?? '' },
    };
    const { header } = other.told.transient ?? {};
    const both = { ...headed, transient: { ...headed.transient, ...(header !== undefined && { header }) } };
    assert.equal(await ledger.refusal(call(both)), 'HASH_MISMATCH');
  });
});
