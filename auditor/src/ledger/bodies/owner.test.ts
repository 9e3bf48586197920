import assert from 'node:assert/strict';
import { hexOf, utf8 } from '../../bytes.ts';
import { nodePrimitives } from '../../node/primitives.ts';
import { Book } from '../testing/book.ts';
import { Keys } from '../world.ts';
import { Owner } from './owner.ts';

const KEY = 'batch:b1';
const HASH = hexOf(nodePrimitives.sha256(utf8(KEY)));
const PAIR = { vun: 'USDUK', hun: 'USALP' };

describe('whoever shows bodies', () => {
  let kept: Keys;
  let owner: Owner;
  /** What the organisation’s collection has of the body: its hash, or nothing any more. */
  const write = (value: string | undefined): void => {
    kept.apply([{ key: HASH, value: value === undefined ? undefined : utf8(value) }], [], {
      block: 1,
      tx: 0,
    });
    kept.commit();
  };
  beforeEach(() => {
    kept = new Keys();
    owner = new Owner(nodePrimitives, 'USDUK', new Book(), (mspId) =>
      mspId === 'DukeMSP' ? kept : new Keys(),
    );
  });

  it('shows all of its own that it did not purge on the ledger, and need not show others’', () => {
    write('hash');
    assert.equal(owner.isToShow(KEY, PAIR, true), true);
    assert.equal(owner.isToShow(KEY, { vun: 'USGPC', hun: 'USALP' }, false), false);
    assert.equal(owner.requirePurged(), 0);
    assert.equal(owner.isToShow(KEY, PAIR, false), true);
    owner.miss(KEY);
    assert.throws(
      () => owner.requirePurged(),
      /batch:b1: its bodies are missing, and USDUK never purged them/,
    );
    write(undefined);
    assert.equal(owner.requirePurged(), 1);
  });

  it('does not show others’, and cannot say that its own never came to it', () => {
    assert.throws(
      () => owner.isToShow(KEY, { vun: 'USGPC', hun: 'USALP' }, true),
      /its bodies are given, and USDUK is no party of it/,
    );
    assert.throws(() => {
      owner.miss(KEY);
    }, /its bodies were not written for USDUK/);
  });
});
