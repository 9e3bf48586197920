/**
 * What each guard of a settle costs: the contracts are built from their sources with a guard's text taken out, as
 * `npm run guards` takes guards out to see their tests fail. Nothing in the contracts knows of it.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));

interface Taken {
  /** From the workspace's folder. */
  readonly file: string;
  /** Stands once in the file. */
  readonly find: string;
  readonly replace: string;
}

const SESSION = 'chaincode/src/session';
const SETTLING = `${SESSION}/settling.ts`;
const SETTLE = `${SESSION}/transactions/settle.ts`;
const RULES = 'wire/src/ledger/opening-rules.ts';

/** Guards by name, each whole: with what it reads, computes and writes. */
export const GUARDS = {
  exposure: {
    says: 'sum, count and revocation of kept profiles, in books',
    taken: [
      {
        file: SETTLING,
        find: 'if (profile !== undefined) {',
        replace: 'if (profile !== undefined && false) {',
      },
      { file: SETTLE, find: 'context.exposures.store();', replace: '' },
      {
        file: `${SESSION}/prefetch.ts`,
        find: 'for (const book of Object.keys(proofs.exposures)) {',
        replace: 'for (const book of [] as string[]) {',
      },
    ],
  },
  registers: {
    says: 'registers and times of meters only ascend, by a book a group',
    taken: [
      { file: SETTLING, find: '  meters.use({', replace: '  if (false) meters.use({' },
      { file: SETTLE, find: 'context.meters.store(tx);', replace: '' },
      {
        file: `${SESSION}/meter-register.ts`,
        find: 'record.bookHash === bookHash(proofs.meterBook)',
        replace: 'true',
      },
    ],
  },
  'opening-proof': {
    says: 'each body is the one that its opening committed to',
    taken: [
      {
        file: `${SESSION}/openings.ts`,
        find: 'isIncluded(bodyHash(openText), proof, record.root)',
        replace: 'true',
      },
    ],
  },
  'ends-once': {
    says: 'a number ends once for ever, by a bit',
    taken: [
      {
        file: SETTLE,
        find: `  await endNumbers(
    tx,
    endorsers,
    lane,
    sessions.map(({ number }) => number),
    'closed',
  );`,
        replace: '  void endNumbers;',
      },
    ],
  },
  meter: {
    says: 'the meter’s signature over readings, session and consent',
    taken: [
      {
        file: `${SESSION}/metering.ts`,
        find: `isStatementSigned(stated, Buffer.from(signature, 'base64'), meterPublicKey(meterKey))`,
        replace: 'stated !== undefined && signature !== undefined',
      },
    ],
  },
  leave: {
    says: 'home’s signature: its yes to the offer, or its profile, and the limits in it',
    taken: [
      {
        file: RULES,
        find: 'const leave = await openLeave(open, ground);',
        replace: 'const leave = await openUnsigned(open, ground);',
      },
      {
        file: RULES,
        find: '/** Judges one opening by everything that is signed for it. */',
        replace: `const openUnsigned: typeof openLeave = (open) => {
  const told = JSON.parse(Buffer.from(open.evidence.split('.')[1] ?? '', 'base64url').toString()) as Record<string, never>;
  const amounts = ['adjustmentPpm', 'limitMicros', 'perSessionMicros', 'exposureMicros', 'energyLimitWh'];
  const value: Record<string, unknown> = { ...told };
  for (const name of amounts) if (told[name] !== undefined) value[name] = BigInt(told[name]);
  const limitMicros = value['limitMicros'] ?? value['perSessionMicros'];
  const profile = open.authorisedBy === 'cache' ? { profile: value } : {};
  return Promise.resolve(ok({ ...value, limitMicros, ...profile } as never));
};

/** Judges one opening by everything that is signed for it. */`,
      },
    ],
  },
  consent: {
    says: 'that the meter’s statement covers the station’s consent, or its signature; and its times',
    taken: [
      {
        file: RULES,
        find: '? stationConsentFault(claim, consented, ground.station)',
        replace: '? (stationConsentFault === undefined ? undefined : undefined)',
      },
    ],
  },
  'driver-consent': {
    says: 'the signature of the driver’s own device, where he has one',
    taken: [
      {
        file: RULES,
        find: '!verifyEs256(signed, driverConsent.signature, driverKey)',
        replace: 'signed === undefined',
      },
    ],
  },
  amounts: {
    says: 'what a session costs, computed from readings and tariff, and the batch’s sums',
    taken: [
      {
        file: SETTLING,
        find: 'const computed = computeAmounts({',
        replace: 'const computed = unrated({',
      },
      {
        file: SETTLING,
        find: 'const proofShape = ',
        replace: `const unrated = ({ quote, readings }: Parameters<typeof computeAmounts>[0]): ReturnType<typeof computeAmounts> => ({
  ok: true,
  value: {
    startMs: readings[0]?.atMs ?? 0,
    endMs: readings.at(-1)?.atMs ?? 0,
    energyWh: 0n,
    currency: quote.currency,
    netMicros: 1n,
    taxMicros: 0n,
    totalMicros: 1n,
    shares: { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n },
  },
});
const proofShape = `,
      },
      { file: SETTLE, find: 'requireSums(header.value, cdrs);', replace: 'void requireSums;' },
      // Without amounts there are no sums to compare with what the gateway states later on.
      {
        file: `${SESSION}/exposure.ts`,
        find: 'book.entries.says(mark, spent),',
        replace: 'book.entries.says(mark, spent) || true,',
      },
    ],
  },
  'endorsers-clock': {
    says: 'an endorser signs no proposal whose time is not its own',
    taken: [
      {
        file: 'chaincode/src/context/execute.ts',
        find: 'endorsementClock.requireNear(ctx.stub.getDateTimestamp().getTime());',
        replace: '',
      },
    ],
  },
} as const satisfies Readonly<Record<string, { readonly says: string; readonly taken: readonly Taken[] }>>;

export type GuardName = keyof typeof GUARDS;
export const GUARD_NAMES = Object.keys(GUARDS) as GuardName[];

/** The contracts' sources with guards taken out. Throws when a guard's text is not there once. */
export const withoutGuards = (names: readonly GuardName[]): Plugin => ({
  name: 'without-guards',
  setup: (build) => {
    const byFile = new Map<string, Taken[]>();
    for (const taken of names.flatMap((name): readonly Taken[] => GUARDS[name].taken))
      byFile.set(taken.file, [...(byFile.get(taken.file) ?? []), taken]);
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const taken = byFile.get(path.slice(workspace.length));
      if (taken === undefined) return undefined;
      let contents = readFileSync(path, 'utf8');
      for (const { file, find, replace } of taken) {
        if (contents.split(find).length !== 2) throw new Error(`${file} does not have once: ${find}`);
        contents = contents.replace(find, () => replace);
      }
      return { contents, loader: 'ts' };
    });
  },
});
