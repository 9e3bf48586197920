import assert from 'node:assert/strict';
import { ledgerCommands } from '@roamgrid/wire';
import { findCommand } from './command-rules.ts';

describe('the commands that may be told', () => {
  it('are found by contract and transaction', () => {
    const found = findCommand('tariff', 'publish');
    assert.equal(found.schema, ledgerCommands.tariff.publish);
    assert.deepEqual(found.rule.callers, ['operator']);
  });

  for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty', 'nothing', '']) {
    it(`are none of a contract or transaction named "${name}"`, () => {
      assert.throws(() => findCommand('consortium', name), { code: 'COMMAND_UNKNOWN' });
      assert.throws(() => findCommand(name, 'vote'), { code: 'COMMAND_UNKNOWN' });
      assert.throws(() => findCommand(name, name), { code: 'COMMAND_UNKNOWN' });
    });
  }

  it('are not those that the gateway tells by itself', () => {
    assert.throws(() => findCommand('session', 'settle'), { code: 'COMMAND_UNKNOWN' });
  });
});
