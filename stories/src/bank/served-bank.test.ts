import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSupervisor } from '@roamgrid/utility';
import { KeyRing } from '../system/key-ring.ts';
import type { RunningUtility } from '../system/utility.ts';
import { bankOf, type BankGround } from './served-bank.ts';

const utilityNamed = (utilityId: string) =>
  // What a bank knows of a utility; nobody answers where its services would be.
  ({
    definition: { utilityId, name: utilityId },
    gateway: { url: 'http://127.0.0.1:9' },
    aaa: { url: 'http://127.0.0.1:9' },
  }) as RunningUtility;

describe('a bank that a system needs', () => {
  it('is started again at its next use when its start failed, and what of it runs stays', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'roamgrid-bank-'));
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const supervisor = createSupervisor(() => undefined);
    const utilities = ['USALP', 'USDUK'].map(utilityNamed);
    let inUse = (other.address() as AddressInfo).port;
    const ground: BankGround = {
      keys: new KeyRing(join(stateDir, 'keys.json')),
      port: (name) => Promise.resolve(name === 'usduk/desk' ? inUse : 0),
      stateDir,
      supervisor,
      utilities,
      utility: (utilityId) => utilityNamed(utilityId),
    };
    try {
      const bank = bankOf(ground, { currency: 'USD', nowMs: Date.now });
      await assert.rejects(bank.start(), /PORT_TAKEN/);
      const begun = bank.doors.map(({ url }) => url);
      inUse = 0;
      await Promise.all([bank.start(), bank.start()]);
      assert.deepEqual(
        supervisor.parts.map(({ name, restarts }) => [name, restarts]),
        [
          ['bank', 0],
          ['usalp/desk', 0],
          ['usduk/desk', 0],
        ],
      );
      assert.deepEqual(
        bank.doors.slice(0, 2).map(({ url }) => url),
        begun,
      );
      assert.equal(bank.doors.length, 3);
    } finally {
      await supervisor.stop();
      other.close();
      rmSync(stateDir, { recursive: true });
    }
  });
});
