import { liveRound, type Invoiced, type RoundSeen } from './round.ts';
import { sum } from './sums.ts';
import { startNettingStage, type NettingStage, type Ride, type StageOptions } from './stage.ts';
import { isExact, threeWayChecks, type ThreeWayReport } from './three-way-report.ts';

/** Two rounds: in the first nearly everybody charges everywhere, in the second what that leaves over has where to go. */
const ROUNDS: readonly (readonly Ride[])[] = [
  [
    { home: 'USALP', visited: 'USDUK', energyWh: 2_900n },
    { home: 'USALP', visited: 'USGPC', energyWh: 4_300n },
    { home: 'USDUK', visited: 'USGPC', energyWh: 7_700n },
    { home: 'USDUK', visited: 'USALP', energyWh: 9_100n },
  ],
  [
    { home: 'USDUK', visited: 'USALP', energyWh: 3_700n },
    { home: 'USDUK', visited: 'USGPC', energyWh: 2_300n },
    // A member with one partner shows by its position what is between the two.
    { home: 'USALP', visited: 'USGPC', energyWh: 1_100n },
  ],
];

/** What the lower of two owes the higher by some invoices. */
const balanceOf = (invoices: readonly Invoiced[], low: string): bigint =>
  sum(invoices.map(({ hun, payableMicros }) => (hun === low ? payableMicros : -payableMicros)));

/** What only the two of each pair may know: amounts of their invoices and their balances, as bodies spell them. */
const secretsOf = (stage: NettingStage, rounds: readonly RoundSeen[]) =>
  stage.utilities.flatMap((low, at) =>
    stage.utilities.slice(at + 1).map((high) => {
      const ids = [low.definition.utilityId, high.definition.utilityId];
      const own = rounds.map(({ invoices }) =>
        invoices.filter(({ vun, hun }) => ids.includes(vun) && ids.includes(hun)),
      );
      const amounts = [
        ...own.flat().flatMap(({ totalMicros, payableMicros }) => [totalMicros, payableMicros]),
        ...own.map((invoices) => balanceOf(invoices, low.definition.utilityId)),
      ];
      return {
        parties: [low.definition.mspId, high.definition.mspId],
        texts: [...new Set(amounts)].filter((micros) => micros !== 0n).map((micros) => `"${micros}"`),
      };
    }),
  );

/** Three utilities net two rounds over commitments and pay them by bank. */
export const netThreeWays = async (stage: NettingStage): Promise<ThreeWayReport> => {
  const { system } = stage;
  const rounds: RoundSeen[] = [];
  let sessions = 0;
  for (const rides of ROUNDS) {
    const lived = await liveRound(stage, rides, stage.bank.pay);
    rounds.push(lived.round);
    sessions += lived.sessionIds.length;
  }
  const secrets = secretsOf(stage, rounds);
  const holders = await system.ledger.holders(secrets.flatMap(({ texts }) => texts));
  const pairs = secrets.map(({ parties, texts }) => {
    const each = texts.map((text) => new Set(holders.get(text)));
    const all = [...new Set(each.flatMap((holding) => [...holding]))];
    return {
      parties,
      amounts: texts.length,
      anyOf: all,
      allOf: all.filter((holder) => each.every((holding) => holding.has(holder))),
    };
  });
  const verdict = await system.ledger.verify();
  const reading = {
    chain: verdict.verified ? ('verified' as const) : ('broken' as const),
    members: stage.utilities.map(({ definition }) => definition.utilityId),
    sessions,
    rounds,
    pairs,
  };
  return {
    scenario: 'three-way-net',
    ledger: system.ledger.kind,
    ...reading,
    exact: isExact(reading),
    checks: [...threeWayChecks(reading)],
  };
};

/** `roamgrid scenario three-way-net` */
export const runThreeWayNet = async (options: StageOptions): Promise<ThreeWayReport> => {
  const stage = await startNettingStage(options);
  try {
    return await netThreeWays(stage);
  } finally {
    await stage.close();
  }
};
