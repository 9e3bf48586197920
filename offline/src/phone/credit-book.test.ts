import assert from 'node:assert/strict';
import { NODE_SUITE } from '../suite/node-suite.ts';
import { NOW_S, PHONE } from '../testing/consortium.ts';
import { writeOn, written } from './credit-book.ts';
import { goOn, startOf } from './credit-chain.ts';
import { readCreditEntry, signCreditEntry, type CreditMovement } from './credit-entry.ts';

const OUTLET = 'US*DUK*EXEAL1';
const idOf = (number: number): string => number.toString(16).padStart(32, '0');
const granted = (number: number): CreditMovement => ({
  ...{ kind: 'grant', tokenId: idOf(number), currency: 'USD', micros: 10n, lowMicros: 0n },
  expiresS: NOW_S,
});

describe('the book of a phone’s credit', function () {
  this.timeout(60_000);

  it('is added up in a moment, however many tokens and starts are in it', async () => {
    const start = await startOf(PHONE.key, NODE_SUITE);
    const movements: CreditMovement[] = [];
    for (let number = 1; number <= 5_000; number += 1) movements.push(granted(number));
    for (let number = 1; number <= 5_000; number += 1)
      movements.push({ kind: 'reserve', tokenId: idOf(1), evseId: `${OUTLET}*${number}`, micros: 0n });
    const nonce = new Uint8Array(8);
    const first = await signCreditEntry(
      {
        ...{ seq: 1, before: start.hash, atS: 0, nonce, movement: granted(1) },
        transfers: [{ tokenId: idOf(1), from: 'home', to: 'available', micros: 10n }],
      },
      PHONE.signer,
    );
    const read = await readCreditEntry(first, NODE_SUITE);
    assert.ok(read.ok);
    const going = goOn(start);
    const beganMs = performance.now();
    for (const [at, movement] of movements.entries()) {
      const moved = movement.kind === 'grant' ? [movement.tokenId] : [];
      const transfers = moved.map((tokenId) => ({
        ...({ tokenId, from: 'home', to: 'available', micros: 10n } as const),
      }));
      const hash = new Uint8Array(32).fill(at % 200);
      const before = at === 0 ? start.hash : new Uint8Array(32).fill((at - 1) % 200);
      const entry = { ...read.value.entry, seq: at + 1, before, movement, transfers };
      assert.ok(going.add({ ...read.value, entry, hash }).ok);
    }
    // With each entry copied it is half a minute; without, some hundredths of a second.
    assert.ok(performance.now() - beganMs < 3_000, 'more than three seconds');
    const { book } = going.head();
    assert.deepEqual([book.tokens.size, book.open.size], [5_000, 5_000]);
  });

  it('stays as it was when another is written on from it, and the one given away when writing goes on', () => {
    const before = written({ tokens: new Map(), open: new Map(), acked: 0 }, granted(1), 1);
    assert.ok(before.ok);
    const { book } = before.value;
    const kept = structuredClone(book);
    const writing = writeOn(book);
    const reserve = { kind: 'reserve', tokenId: idOf(1), evseId: OUTLET, micros: 4n } as const;
    assert.ok(writing.write(reserve, 2).ok);
    const given = writing.book();
    const givenKept = structuredClone(given);
    assert.ok(
      writing.write({ kind: 'debit', reservation: 2, number: 1, energyWh: 1n, micros: 3n }, 3).ok &&
        writing.write(granted(2), 4).ok &&
        writing.write(reserve, 5).ok &&
        writing.write({ kind: 'release', reservation: 5 }, 6).ok,
    );
    assert.deepEqual(book, kept);
    assert.deepEqual(given, givenKept);
    assert.deepEqual(writing.book().tokens.get(idOf(1))?.balances, {
      ...{ home: -10n, available: 7n, reserved: 0n, spent: 3n, billed: 0n },
    });
  });
});
