import assert from 'node:assert/strict';
import type { Evidence } from './api.ts';
import { BEGAN_MS, told, type Story } from './testing/told-session.ts';
import { verifySession, type Inputs } from './verify.ts';

const verdicts = async (inputs: Inputs, verdict: string): Promise<readonly string[]> =>
  (await verifySession(inputs)).filter((each) => each.verdict === verdict).map(({ id }) => id);
const differing = async (story: Story) => verdicts(await told(story), 'differs');

describe('a session verified in the browser', () => {
  const HOME: Story = { authorisedBy: 'home', statement: 'facts' };

  for (const authorisedBy of ['home', 'cache'] as const) {
    for (const statement of ['facts', 'one text', 'two texts'] as const) {
      it(`matches in every check: authorised by ${authorisedBy}, the meter’s statement as ${statement}`, async () => {
        const checks = await verifySession(await told({ authorisedBy, statement, device: 'signs' }));
        assert.deepEqual(
          checks.filter(({ verdict }) => verdict !== 'matches'),
          [],
        );
        assert.equal(checks.length, 25);
      });
    }
  }

  it('judges what the holder of a token signed at a charger without network, and whose token it is', async () => {
    const offline: Story = { authorisedBy: 'cache', statement: 'facts', isOffline: true };
    const checks = await verifySession(await told(offline));
    assert.deepEqual(
      checks.filter(({ verdict }) => verdict !== 'matches'),
      [],
    );
    assert.match(
      checks.find(({ id }) => id === 'consent')?.detail ?? '',
      /signed by its holder; .* audit bundle/,
    );
    for (const wrong of [
      { token: { askedWh: 10_001n } },
      { token: { costMicros: 3_999_999n } },
      { token: { evseId: 'US*DUK*E0001*2' } },
      { ended: { tokens: BEGAN_MS - 50_000 - 6 * 60_000 } },
    ])
      assert.deepEqual(await differing({ ...offline, ...wrong }), ['consent'], JSON.stringify(wrong, String));
    assert.deepEqual(await differing({ ...offline, token: { evseId: 'US*DUK*E0001*1' } }), []);
    assert.deepEqual(await differing({ ...offline, ended: { tokens: BEGAN_MS } }), []);
  });

  it('is judged by the keys that counted when each signed, whatever came after', async () => {
    const soon = BEGAN_MS + 1;
    assert.deepEqual(await differing({ ...HOME, ended: { home: soon, station: soon, meter: soon } }), []);
    assert.deepEqual(await differing({ ...HOME, ended: { station: BEGAN_MS - 10_000 } }), ['consent']);
    assert.deepEqual(await differing({ ...HOME, ended: { home: BEGAN_MS - 30_000 - 5 * 60_000 } }), [
      'authorised',
      'limit',
    ]);
    assert.deepEqual(await differing({ ...HOME, ended: { meter: BEGAN_MS } }), [
      'meter-begin',
      'meter-end',
      'meter-session',
      'metered-by',
    ]);
  });

  it('says whose word the readings are by the registered key, whatever the record says', async () => {
    const inputs = await told(HOME);
    const { evidence, bills } = inputs;
    const stations = inputs.stations.map((station) => ({
      ...station,
      evses: station.evses.map((evse) => ({
        ...evse,
        meterKeys: evse.meterKeys.map((key) => ({ ...key, signedBy: 'operator' as const })),
      })),
    }));
    assert.deepEqual(await verdicts({ ...inputs, stations }, 'differs'), ['metered-by']);
    assert.ok(evidence.cdr);
    const cdr = { ...evidence.cdr, meteredBy: 'operator' as const };
    const own = bills.map((bill) => ({ ...bill, meteredBy: 'operator' as const }));
    const others = inputs.others.map((other) => ({
      ...other,
      evidence: other.evidence && { ...other.evidence, cdr },
    }));
    const honest = { ...inputs, stations, others, bills: own, evidence: { ...evidence, cdr } };
    assert.deepEqual(await verdicts(honest, 'differs'), []);
    const said = (await verifySession(honest)).find(({ id }) => id === 'metered-by');
    assert.equal(said?.detail, 'from meter values that USDUK vouches for');
  });

  it('needs the consent of the driver’s own device where home asked for it', async () => {
    assert.deepEqual(await differing({ ...HOME, device: 'is needed' }), ['driver-consent']);
  });

  it('notices another device’s consent and a foreign meter’s statement for another session', async () => {
    const story: Story = { authorisedBy: 'home', statement: 'two texts', device: 'signs' };
    const inputs = await told(story);
    const { evidence } = inputs;
    const change = (from: RegExp, to: string): Inputs => ({
      ...inputs,
      evidence: {
        ...evidence,
        openBody: evidence.openBody?.replace(from, to) ?? '',
        settledBody: evidence.settledBody?.replace(from, to) ?? '',
      },
    });
    const device2 = change(/("driverConsent":\{"consentedAtMs":\d+)\d/, '$1');
    assert.ok((await verdicts(device2, 'differs')).includes('driver-consent'));
    const other = await verdicts(change(/USDUK-USALP-g0-17(\\",\\"TT)/g, 'USDUK-USALP-g0-18$1'), 'differs');
    for (const id of ['batch', 'meter-begin', 'meter-end', 'meter-session'])
      assert.ok(other.includes(id), id);
    const swapped = change(
      /"end":("[^]*?[^\\]"),"form":"ocmf","start":("[^]*?[^\\]")/,
      '"end":$2,"form":"ocmf","start":$1',
    );
    const back = await verdicts(swapped, 'differs');
    for (const id of ['meter-begin', 'meter-end']) assert.ok(back.includes(id), id);
  });

  it('notices a tariff that is for another place or outlet, not bound, or not valid then', async () => {
    const inputs = await told(HOME);
    const [tariff] = inputs.tariffs;
    assert.ok(tariff);
    const { record } = tariff;
    for (const other of [
      { ...tariff, record: { ...record, appliesTo: { placeId: 'PORT' } } },
      { ...tariff, record: { ...record, appliesTo: { placeId: 'MALL', stationId: 'DUK-2' } } },
      { ...tariff, record: { ...record, appliesTo: { evseId: 'US*DUK*E0001*2' } } },
      { ...tariff, record: { ...record, utilityId: 'USGPC' } },
      { ...tariff, record: { ...record, validUntilMs: BEGAN_MS } },
      { ...tariff, record: { ...record, validFromMs: BEGAN_MS + 1 } },
      { ...tariff, boundUnder: [] },
      { ...tariff, record: { ...record, version: 2 } },
    ])
      assert.deepEqual(await verdicts({ ...inputs, tariffs: [other] }, 'differs'), ['tariff']);
    const outlet = { placeId: 'MALL', stationId: 'DUK-1', evseId: 'US*DUK*E0001*1' };
    const here = { ...tariff, record: { ...record, appliesTo: outlet } };
    assert.deepEqual(await verdicts({ ...inputs, tariffs: [here] }, 'differs'), []);
  });

  it('begins before it ends in the meter’s own count', async () => {
    assert.deepEqual(await differing({ authorisedBy: 'home', statement: 'two texts, the end first' }), [
      'meter-begin',
    ]);
  });

  for (const [what, from, to, noticed] of [
    ['another cap', /"capMicros":"4/, '"capMicros":"3', ['consent', 'meter-consent']],
    ['a cap above the signed limit', /"capMicros":"4/, '"capMicros":"6', ['limit', 'consent']],
    ['another manner of consent', /"method":"kiosk"/, '"method":"app"', ['consent', 'meter-consent']],
    ['another offer', /"maxMicrosPerKWh":"4/, '"maxMicrosPerKWh":"5', ['authorised']],
    ['another adjustment', /"adjustmentPpm":"0"/, '"adjustmentPpm":"1"', ['authorised']],
    [
      'another register',
      /"registerMilliWh":"15/,
      '"registerMilliWh":"16',
      ['meter-begin', 'meter-end', 'energy'],
    ],
    ['another clock', /"charging":false/, '"charging":false,"clock":"R"', ['meter-end']],
  ] as const) {
    it(`notices ${what} by the signatures alone, whatever roots the ledger has`, async () => {
      const inputs = await told(HOME);
      const { openBody = '', settledBody = '' } = inputs.evidence;
      const changed = {
        openBody: openBody.replace(from, to),
        settledBody: settledBody.replace(from, to),
      };
      const found = await verdicts({ ...inputs, evidence: { ...inputs.evidence, ...changed } }, 'differs');
      for (const id of noticed) assert.ok(found.includes(id), `${id} is not among ${found.join(', ')}`);
    });
  }

  it('shows an opening whose root differs as a lie, and one whose bodies are missing as unseen', async () => {
    const inputs = await told(HOME);
    for (const [reason, verdict] of [
      ['root-differs', 'differs'],
      ['bodies-missing', 'unseen'],
    ] as const) {
      const evidence: Evidence = { ...inputs.evidence, openingProof: { state: 'absent', reason } };
      assert.deepEqual(await verdicts({ ...inputs, evidence }, verdict), ['opening']);
    }
  });
});
