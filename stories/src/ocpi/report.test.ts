import assert from 'node:assert/strict';
import { isExact, LIMIT_W, ocpiChecks, type OcpiReading } from './report.ts';

const shares = { hun: 60n, vun: 600n, infrastructure: 300n, driver: 40n };
const recorded: OcpiReading['ours']['recorded'] = {
  ...{ sessionId: 'USDUK-USALP-g0-1', hun: 'USALP', vun: 'USDUK', energyWh: 450n, totalMicros: 1_000n },
  ...{ meteredBy: 'meter', endReason: 'driver', shares },
};
const reading: OcpiReading = {
  chain: 'verified',
  partner: { version: '2.2.1', state: 'registered', tokensUsed: 2 },
  theirs: {
    ...{
      protocol: 'ocpp2.0.1',
      isAuthorized: true,
      reservation: 'accepted',
      leastLimitW: LIMIT_W.toString(),
      movedMilliWh: 450_000n,
    },
    recorded,
    told: {
      ...{
        sessions: 2,
        cdrs: 1,
        begun: 'ACTIVE',
        status: 'COMPLETED',
        energyMilliWh: 450_000n,
        totalMicros: 1_000n,
      },
      isSigned: true,
    },
    isAuthorizedAfter: false,
  },
  ours: {
    allowed: 'ALLOWED',
    recorded: {
      ...recorded,
      sessionId: 'USALP-USDUK-g0-1',
      hun: 'USDUK',
      vun: 'USALP',
      meteredBy: 'operator',
    },
    told: { energyMilliWh: 450_000n, totalMicros: 1_000n },
  },
  invoices: [
    { id: 'USDUK-USALP-1', vun: 'USDUK', totalMicros: 1_000n },
    { id: 'USALP-USDUK-1', vun: 'USALP', totalMicros: 1_000n },
  ],
  bills: { standIn: 960n, driver: 960n },
  credits: {
    theirs: {
      told: [{ id: 'USDUK-USALP-g0-1-C', creditOf: 'USDUK-USALP-g0-1', totalMicros: -1_000n }],
      corrected: { reason: 'DRIVER', noteMicros: 1_000n, billedMicros: -1_000n },
    },
    ours: {
      toldMicros: 900n,
      corrected: { reason: 'TAKEN_BACK', noteMicros: 100n, billedMicros: -100n },
    },
  },
  numbersOnLedger: 0,
};

type Spoiled = readonly [what: string, row: string, change: (copy: OcpiReading) => void];
/** A copy whose parts may be written. */
const copyOf = (): OcpiReading => structuredClone(reading);
const set = (part: object, changes: object): void => void Object.assign(part, changes);

const SPOILED: readonly Spoiled[] = [
  ['a card that the station refused', 'ROAM-2', (it) => set(it.theirs, { isAuthorized: false })],
  ['another home', 'ROAM-3', (it) => set(it.theirs.recorded, { hun: 'USDUK' })],
  [
    'a card that charges on when it was taken back',
    'ROAM-4',
    (it) => set(it.theirs, { isAuthorizedAfter: true }),
  ],
  ['our card refused there', 'ROAM-4', (it) => set(it.ours, { allowed: 'BLOCKED' })],
  ['energy counted twice', 'ROAM-5', (it) => set(it.theirs.recorded, { energyWh: 600n })],
  ['another end', 'ROAM-12', (it) => set(it.theirs.recorded, { endReason: 'fault' })],
  ['a record told twice', 'ROAM-13', (it) => set(it.theirs.told, { cdrs: 2 })],
  ['another invoice', 'ROAM-13', (it) => set(it.invoices[0] ?? {}, { totalMicros: 999n })],
  [
    'a credit of another sum',
    'ROAM-23',
    (it) => set(it.credits.theirs.told[0] ?? {}, { totalMicros: -999n }),
  ],
  ['a credit of another CDR', 'ROAM-23', (it) => set(it.credits.theirs.told[0] ?? {}, { creditOf: 'x' })],
  ['no credit', 'ROAM-23', (it) => set(it.credits.theirs, { told: [] })],
  ['a credit that is told twice', 'ROAM-23', (it) => it.credits.theirs.told.push(...it.credits.theirs.told)],
  ['a correction on no bill', 'ROAM-23', (it) => set(it.credits.theirs.corrected, { billedMicros: 0n })],
  ['a corrected CDR that is not what stands', 'ROAM-23', (it) => set(it.credits.ours, { toldMicros: 901n })],
  [
    'a record that was credited whole',
    'ROAM-23',
    (it) => set(it.credits.ours.corrected, { noteMicros: 1_000n }),
  ],
  ['a driver who pays it all', 'ROAM-23', (it) => set(it.credits.ours.corrected, { billedMicros: 0n })],
  [
    'a correction that was the driver’s to ask for',
    'ROAM-23',
    (it) => set(it.credits.ours.corrected, { reason: 'DRIVER' }),
  ],
  ['shares that are no whole', 'ROAM-16', (it) => set(it.ours.recorded, { shares: { ...shares, vun: 1n } })],
  ['a signature that does not hold', 'ROAM-21', (it) => set(it.theirs.told, { isSigned: false })],
  [
    'a register that nobody signed as a meter’s',
    'ROAM-21',
    (it) => set(it.ours.recorded, { meteredBy: 'meter' }),
  ],
  ['a number in the clear', 'ROAM-22', (it) => set(it, { numbersOnLedger: 1 })],
  ['a partner that left', 'ROAM-4', (it) => set(it.partner, { state: 'left' })],
  ['a token that never changed', 'ROAM-4', (it) => set(it.partner, { tokensUsed: 1 })],
  ['a session that is not told as over', 'ROAM-4', (it) => set(it.theirs.told, { status: 'ACTIVE' })],
  ['a session that is told when it is over', 'ROAM-4', (it) => set(it.theirs.told, { begun: 'COMPLETED' })],
  ['a station of another protocol', 'ROAM-30', (it) => set(it.theirs, { protocol: 'none' })],
  ['no reservation', 'SITE-5', (it) => set(it.theirs, { reservation: 'rejected' })],
  ['another limit', 'SECURE-9', (it) => set(it.theirs, { leastLimitW: 'none' })],
  ['a broken chain', 'ROAM-14', (it) => set(it, { chain: 'broken' })],
];

const failing = (of: OcpiReading): readonly string[] =>
  ocpiChecks(of).flatMap(({ row, ok }) => (ok ? [] : [row]));

describe('the checks of the OCPI scenario', () => {
  it('hold for what should be seen', () => {
    assert.deepEqual(failing(reading), []);
    assert.ok(isExact(reading));
  });

  for (const [what, row, change] of SPOILED) {
    it(`see ${what}`, () => {
      const spoiled = copyOf();
      change(spoiled);
      assert.ok(failing(spoiled).includes(row), failing(spoiled).join(' '));
    });
  }

  it('are not exact when any sum is another', () => {
    const sums: readonly ((it: OcpiReading) => void)[] = [
      (it) => set(it.theirs.told, { totalMicros: 999n }),
      (it) => set(it.theirs.told, { energyMilliWh: 1n }),
      (it) => set(it.theirs, { movedMilliWh: 1n }),
      (it) => set(it.invoices[0] ?? {}, { totalMicros: 999n }),
      (it) => set(it.invoices[1] ?? {}, { totalMicros: 999n }),
      (it) => set(it.bills, { standIn: 961n }),
      (it) => set(it.bills, { driver: 961n }),
      (it) => set(it.credits.theirs.told[0] ?? {}, { totalMicros: -999n }),
      (it) => set(it.credits.theirs.corrected, { noteMicros: 999n }),
      (it) => set(it.credits.ours.corrected, { billedMicros: -99n }),
      (it) => set(it.ours.told, { totalMicros: 999n }),
      (it) => set(it.ours.told, { energyMilliWh: 1n }),
    ];
    for (const change of sums) {
      const spoiled = copyOf();
      change(spoiled);
      assert.equal(isExact(spoiled), false, change.toString());
    }
  });
});
