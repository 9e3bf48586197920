import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeCbor, itemsOf } from '../cbor/cbor.ts';
import { NODE_SUITE } from '../suite/node-suite.ts';
import { MEMBERS, PHONE } from '../testing/consortium.ts';
import { CreditDesk, KeptEntries, newToken, openLedger, PhoneStopped } from '../testing/credit.ts';
import { startOf, verifyCredit } from './credit-chain.ts';
import { syncCredit } from './credit-sync.ts';

/** Whatever a phone does in whichever order, and wherever it stops: no money comes out of nothing or is lost. */

const OUTLETS = ['US*DUK*EXEAL1', 'US*DUK*EXEAL2'] as const;
const GRANTS = [5_000_000n, 700_000n, 12_345_678n] as const;

const pick = fc.nat({ max: 30 });
interface Step {
  readonly what: string;
  readonly which: number;
  readonly energyWh: number;
  readonly stop: 'before' | 'after' | undefined;
}
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    ...['start', 'start', 'start', 'refuse', 'end', 'end', 'record', 'revise', 'sync', 'close', 'grant'],
  ),
  which: pick,
  energyWh: fc.integer({ min: 1, max: 9_000 }),
  /** Where the phone stops at its next write. */
  stop: fc.constantFrom(undefined, undefined, undefined, 'before' as const, 'after' as const),
});

/** Two sessions at one outlet whose answers were lost; home hears of the second first, and then the charger says it again. */
const SECOND_FIRST = (
  [
    ['start', 0],
    ['start', 0],
    ['record', 1],
    ['sync', 0],
    ['end', 1],
    ['record', 0],
    ['sync', 0],
  ] as const
).map(([what, which]): Step => ({ what, which, energyWh: 1_000, stop: undefined }));

/** What a session came to at its charger, which knows nothing of the phone's ledger. */
interface AtCharger {
  readonly tokenId: string;
  readonly evseId: string;
  readonly number: number;
  readonly micros: bigint;
  readonly reservation: number | undefined;
  isBooked: boolean;
}

/** Adds up entries by what is written in them, with nothing of the book. */
const addedUp = (entries: readonly Uint8Array[]) => {
  const sums = new Map<string, bigint>();
  for (const bytes of entries) {
    const sign1 = decodeCbor(bytes);
    const payload = decodeCbor(itemsOf(sign1.ok ? sign1.value : null)[2] as Uint8Array);
    for (const moved of itemsOf(itemsOf(payload.ok ? payload.value : null)[6])) {
      const [token, from, to, micros] = itemsOf(moved) as [string, string, string, number];
      for (const [account, by] of [
        [from, -BigInt(micros)],
        [to, BigInt(micros)],
      ] as const) {
        const name = `${token} ${account}`;
        sums.set(name, (sums.get(name) ?? 0n) + by);
      }
    }
  }
  return sums;
};

/** A phone, its tokens, two chargers, and home. */
const world = async () => {
  const store = new KeptEntries();
  const desk = new CreditDesk();
  const tokens = await Promise.all(GRANTS.map((micros) => newToken(micros)));
  const sessions: AtCharger[] = [];
  const left = new Map(tokens.map(({ name, token }) => [name, token.limits.costMicros]));
  let ledger = await openLedger(store);

  /** Does something that the phone may stop in, and starts the phone again. */
  const withStop = async (stop: 'before' | 'after' | undefined, task: () => Promise<unknown>) => {
    store.stop = stop;
    try {
      await task();
    } catch (error) {
      if (!(error instanceof PhoneStopped)) throw error;
      ledger = await openLedger(store);
    }
    store.stop = undefined;
  };

  const start = async (which: number, energyWh: bigint, isRefused: boolean) => {
    const { token, name } = tokens[which % tokens.length] ?? assert.fail();
    const evseId = OUTLETS[which % 2] ?? OUTLETS[0];
    const reserved = await ledger.reserve({ token, evseId, energyWh });
    if (!reserved.ok) return;
    // A charger counts by itself, and never beyond the token.
    const micros = (energyWh * 320_000n + 999n) / 1_000n;
    const has = left.get(name) ?? 0n;
    if (isRefused || micros > has) {
      await ledger.release(reserved.value);
      return;
    }
    left.set(name, has - micros);
    const number = sessions.length + 1;
    sessions.push({
      ...{ tokenId: name, evseId, number, micros, reservation: reserved.value },
      isBooked: false,
    });
  };

  const end = async (which: number) => {
    const { reservation, number, micros } = sessions[which % Math.max(1, sessions.length)] ?? {};
    if (reservation === undefined || number === undefined || micros === undefined) return;
    await ledger.debit(reservation, { number, energyWh: 1n, micros });
  };

  const record = (which: number) => {
    const session = sessions[which % Math.max(1, sessions.length)];
    if (session === undefined || session.isBooked) return;
    session.isBooked = true;
    const { tokenId, evseId, number, micros } = session;
    desk.booked.push({ tokenId, evseId, number, micros });
  };

  /** The bill of a session that home booked comes to something else, perhaps to nothing. */
  const revise = (which: number, energyWh: number) => {
    const at = which % Math.max(1, desk.booked.length);
    const one = desk.booked[at];
    if (one !== undefined)
      desk.booked[at] = { ...one, micros: BigInt(energyWh % 5) * BigInt(energyWh) * 80n };
  };

  const sync = async () => {
    assert.ok((await syncCredit(ledger, desk, { members: MEMBERS, suite: NODE_SUITE })).ok);
  };

  return {
    ...{ store, desk, tokens, sessions, withStop, start, end, record, revise, sync },
    grant: (which: number) => ledger.grant((tokens[which % tokens.length] ?? assert.fail()).bytes, 100_000n),
    ledger: () => ledger,
  };
};

/** A session at a charger always has its reservation in the chain before. */
const holds = async ({ store, desk, ledger, tokens, sessions }: Awaited<ReturnType<typeof world>>) => {
  const by = { suite: NODE_SUITE, key: PHONE.key };
  const read = await verifyCredit(await startOf(PHONE.key, NODE_SUITE), store.entries, by);
  assert.ok(read.ok);
  assert.deepEqual(read.value, ledger().head);
  assert.deepEqual((await openLedger(store)).head, read.value);
  const sums = addedUp(store.entries);
  for (const { name, token } of tokens) {
    const credit = ledger().tokens.get(name);
    if (credit === undefined) continue;
    const { balances } = credit;
    for (const [account, micros] of Object.entries(balances)) {
      assert.equal(sums.get(`${name} ${account}`) ?? 0n, micros, account);
      if (account !== 'home') assert.ok(micros >= 0n, account);
    }
    assert.equal(
      Object.values(balances).reduce((sum, micros) => sum + micros, 0n),
      0n,
    );
    // Home takes more sessions than were asked for as another phone's (`unsaid`).
    for (const evseId of OUTLETS) {
      const began = sessions.filter((one) => one.tokenId === name && one.evseId === evseId).length;
      assert.ok(began <= (credit.starts.get(evseId) ?? 0), `${began} sessions that were not asked for`);
    }
    // What a bill comes to later is no charger's doing.
    const more = desk.booked
      .filter(({ tokenId }) => tokenId === name)
      .map((one) => one.micros - (sessions.find(({ number }) => number === one.number)?.micros ?? 0n))
      .reduce((sum, micros) => sum + (micros > 0n ? micros : 0n), 0n);
    assert.ok(-balances.home <= token.limits.costMicros + more, 'more than was granted');
    const reserved = credit.reservations.reduce((sum, { micros }) => sum + micros, 0n);
    assert.equal(reserved, balances.reserved);
    assert.equal(
      [...credit.debits.values()].reduce((sum, micros) => sum + micros, 0n),
      balances.spent,
    );
  }
};

describe('credit in any order', function () {
  this.timeout(30_000);

  it('is conserved, never negative, and stands after every stop as it stood on the disk', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const all = await world();
        for (const which of [0, 1]) await all.grant(which);
        for (const { what, which, energyWh, stop } of steps)
          await all.withStop(stop, async () => {
            if (what === 'grant') await all.grant(which);
            if (what === 'start') await all.start(which, BigInt(energyWh), false);
            if (what === 'refuse') await all.start(which, BigInt(energyWh), true);
            if (what === 'end') await all.end(which);
            if (what === 'record') all.record(which);
            if (what === 'revise') all.revise(which, energyWh);
            if (what === 'sync') await all.sync();
            if (what === 'close') all.desk.closed.add(all.tokens[which % all.tokens.length]?.name ?? '');
          });
        await holds(all);
      }),
      { numRuns: 40, examples: [[SECOND_FIRST]] },
    ));

  it('comes to what is billed once every record is booked and every token over, whatever the phone missed', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.infiniteStream(pick), async (steps, order) => {
        const all = await world();
        for (const which of [0, 1, 2]) await all.grant(which);
        for (const { what, which, energyWh, stop } of steps)
          await all.withStop(stop, async () => {
            if (what === 'start') await all.start(which, BigInt(energyWh), false);
            if (what === 'end') await all.end(which);
            if (what === 'sync') await all.sync();
          });
        // Records come in any order, some with a word of the phone in between.
        const waiting = all.sessions.map((_, at) => at);
        while (waiting.length > 0) {
          const next = (order.next() as IteratorYieldResult<number>).value;
          all.record(waiting.splice(next % waiting.length, 1)[0] ?? 0);
          if (next % 3 === 0) await all.sync();
          if (next % 5 === 0) all.revise(next, next * 97);
        }
        for (const { name } of all.tokens) all.desk.closed.add(name);
        await all.sync();
        // Also of a token that is over: what is less is the account's again.
        all.revise(1, 4_001);
        await all.sync();
        await holds(all);
        for (const { name } of all.tokens) {
          const due = all.desk.booked.filter(({ tokenId }) => tokenId === name);
          const billed = due.reduce((sum, { micros }) => sum + micros, 0n);
          assert.deepEqual(all.ledger().tokens.get(name)?.balances, {
            ...{ home: -billed, available: 0n, reserved: 0n, spent: 0n, billed },
          });
        }
        assert.deepEqual(all.desk.head, all.ledger().head);
      }),
      { numRuns: 25 },
    ));
});
