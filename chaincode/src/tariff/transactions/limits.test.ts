import assert from 'node:assert/strict';
import {
  AGREEMENT_ID,
  by,
  call,
  DAY_MS,
  NOW_MS,
  sealedTerms,
  tariffJson,
  termsOf,
} from '../../testing/parties.ts';
import { withGroundwork } from '../../testing/prepared.ts';

/** Every agreed limit of a tariff, at its last admitted micro or millisecond and one beyond, whichever party publishes. */

const { noticeMs } = termsOf();

interface Version {
  readonly price: number;
  readonly startsInMs: number;
}

/** Binds a first version at 0.30, then the given one; the code of the second answer. */
const boundAfter = async (publisher: 'USDUK' | 'USALP', { price, startsInMs }: Version): Promise<string> => {
  const ledger = await withGroundwork();
  const tariffId = `tariff-of-${publisher}`;
  const caller = by(publisher, 'operator');
  const versions = [
    { version: 1, price: 0.3, validFromMs: NOW_MS },
    { version: 2, price, validFromMs: NOW_MS + startsInMs },
  ];
  for (const { version, price: energyPrice, validFromMs } of versions) {
    const tariff = {
      tariffId,
      version,
      utilityId: publisher,
      tariffJson: tariffJson(energyPrice),
      validFromMs,
      validUntilMs: validFromMs + 30 * DAY_MS,
    };
    await ledger.submit(call({ caller, verb: 'tariff.publish', command: { tariff } }));
    const told = call({
      caller,
      verb: 'tariff.bind',
      command: { agreementId: AGREEMENT_ID, tariffId, tariffVersion: version },
      transient: { terms: sealedTerms().text },
    });
    if (version === 2) {
      return ledger.submit(told).then(
        () => 'ok',
        (error: unknown) =>
          /[A-Z_]+(?=:)/.exec(String(error).split('OUTSIDE_AGREEMENT: ')[1] ?? '')?.[0] ?? String(error),
      );
    }
    await ledger.submit(told);
  }
  throw new Error('two versions were told');
};

/** Binds a first version; the code of the answer. */
const boundFirst = async (publisher: 'USDUK' | 'USALP', price: number): Promise<string> => {
  const ledger = await withGroundwork();
  const tariffId = `tariff-of-${publisher}`;
  const caller = by(publisher, 'operator');
  const tariff = {
    tariffId,
    version: 1,
    utilityId: publisher,
    tariffJson: tariffJson(price),
    validFromMs: NOW_MS,
    validUntilMs: NOW_MS + DAY_MS,
  };
  await ledger.submit(call({ caller, verb: 'tariff.publish', command: { tariff } }));
  const told = call({
    caller,
    verb: 'tariff.bind',
    command: { agreementId: AGREEMENT_ID, tariffId, tariffVersion: 1 },
    transient: { terms: sealedTerms().text },
  });
  return ledger.submit(told).then(
    () => 'ok',
    (error: unknown) => /UNDER_FLOOR|OVER_CEILING/.exec(String(error))?.[0] ?? String(error),
  );
};

for (const publisher of ['USDUK', 'USALP'] as const) {
  describe(`the agreed limits of a tariff that ${publisher} publishes`, () => {
    const first: readonly (readonly [code: string, price: number])[] = [
      ['ok', 0.1],
      ['UNDER_FLOOR', 0.099999],
      ['ok', 0.6],
      ['OVER_CEILING', 0.600001],
    ];
    for (const [code, price] of first) {
      it(`a first version at ${price}: ${code}`, async () => {
        assert.equal(await boundFirst(publisher, price), code);
      });
    }
    const later: readonly (readonly [code: string, version: Version])[] = [
      ['ok', { price: 0.4, startsInMs: noticeMs }],
      ['STEP_TOO_BIG', { price: 0.400001, startsInMs: noticeMs }],
      ['ok', { price: 0.2, startsInMs: noticeMs }],
      ['STEP_TOO_BIG', { price: 0.199999, startsInMs: noticeMs }],
      ['NOTICE_TOO_SHORT', { price: 0.3, startsInMs: noticeMs - 1 }],
      ['NOTICE_TOO_SHORT', { price: 0.3, startsInMs: 0 }],
    ];
    for (const [code, version] of later) {
      it(`a change from 0.30 to ${version.price} in ${version.startsInMs / 3_600_000} h: ${code}`, async () => {
        assert.equal(await boundAfter(publisher, version), code);
      });
    }
  });
}
