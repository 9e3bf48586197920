import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, rowsOf, secretsIn } from './dump-search.ts';

/** Who the driver of the story is: his name, address, number and card, as they are written anywhere. */
const SECRETS = [
  ...['Ada Driver', 'ada@example.org', 'USALPCE0012345', 'US ALP C E 0012345', 'US*ALP*C*E*0012345'],
  '0012345"',
];
const PARTIES = ['AlabamaPowerMSP', 'DukeEnergyMSP'];
const OTHERS = ['GeorgiaPowerMSP', 'AuditorMSP'];

/** What a scenario of the two parties left below its folder, and what it logged, tells nobody who the driver is. */
export const privacyOfRun = (stateDirOf: () => string, logsOf: () => string): void => {
  describe('who the driver is', () => {
    const channel = (...path: readonly string[]): string =>
      join(stateDirOf(), 'channels', 'roamgrid', ...path);
    const privateRows = (mspId: string): Promise<Buffer> => rowsOf(channel('private', mspId));

    it('stands where his home utility keeps its customers, so that a search would find it', () => {
      const found = secretsIn(filesIn(join(stateDirOf(), 'postgres')), SECRETS);
      assert.ok(found.includes('Ada Driver') && found.includes('ada@example.org'), found.join());
    });

    it('stands in no block, no public state and no private body, not even those of the two parties', async () => {
      assert.deepEqual(secretsIn(readFileSync(channel('blocks.dat')), SECRETS), []);
      const state = await rowsOf(channel('state'));
      assert.ok(state.includes('batch:') && state.includes('station:'));
      assert.deepEqual(secretsIn(state, SECRETS), []);
      for (const mspId of PARTIES) assert.deepEqual(secretsIn(await privateRows(mspId), SECRETS), [], mspId);
    });

    it('is known to no third member’s peer, and neither is what the two parties agreed and charged', async () => {
      for (const mspId of PARTIES) {
        const rows = await privateRows(mspId);
        assert.ok(rows.includes('terms:') && rows.includes('batch:') && rows.includes('invoice:'), mspId);
      }
      for (const mspId of OTHERS) {
        const rows = await privateRows(mspId);
        for (const begin of ['terms:', 'batch:', 'header:', 'invoice:', 'payable:'])
          assert.equal(rows.includes(begin), false, `${mspId} has ${begin}`);
        assert.deepEqual(secretsIn(rows, SECRETS), [], mspId);
      }
    });

    it('stands in no line that any service logged', () => {
      const logs = logsOf();
      assert.ok(logs.split('gateway listens').length > 3, 'each gateway logs what it does');
      assert.deepEqual(secretsIn(Buffer.from(logs), SECRETS), []);
    });
  });
};
