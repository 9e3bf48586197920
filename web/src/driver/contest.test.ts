import assert from 'node:assert/strict';
import { standingOf, type Contest } from './contest.ts';
import { english } from './words/english.ts';
import { german } from './words/german.ts';
import { spanish } from './words/spanish.ts';

describe('a line that a driver contests', () => {
  const contest: Contest = {
    sessionId: 'USDUK-USALP-g0-1',
    statement: 'I was not there.',
    contestedAtMs: 0,
    state: 'open',
  };

  it('says in the driver’s language that home answers by itself, where the ledger did not take its dispute', () => {
    for (const { contest: words } of [english, german, spanish]) {
      assert.equal(standingOf(words, contest), `${words.states.open} ${words.said(contest.statement)}`);
      const refused = standingOf(words, { ...contest, refusal: 'LEDGER_EXPIRED: until 1790000000000' });
      assert.ok(refused.includes(words.refused));
      assert.ok(!refused.includes('LEDGER'), 'a code is nothing to a driver');
    }
  });
});
