import assert from 'node:assert/strict';
import { TokenVault } from './token-vault.ts';

describe('tokens that are kept', () => {
  const vault = new TokenVault(Buffer.alloc(32, 1));
  const token = { type: 'rfid', value: '04A2B3C4D5E6F7' } as const;

  it('are found by a hash that is the same however a reader writes them, and another for another kind or secret', () => {
    assert.equal(vault.keyOf(token), vault.keyOf({ type: 'rfid', value: ' 04a2b3c4d5e6f7 ' }));
    assert.notEqual(vault.keyOf(token), vault.keyOf({ ...token, type: 'app' }));
    assert.notEqual(vault.keyOf(token), new TokenVault(Buffer.alloc(32, 2)).keyOf(token));
  });

  it('are read again by the same secret alone, and only as they were sealed', () => {
    const sealed = vault.seal(token);
    assert.deepEqual(vault.open(sealed), token);
    assert.notEqual(sealed, vault.seal(token));
    assert.throws(() => new TokenVault(Buffer.alloc(32, 2)).open(sealed));
    const bytes = Buffer.from(sealed, 'base64url');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    assert.throws(() => vault.open(bytes.toString('base64url')));
    assert.throws(() => new TokenVault(Buffer.alloc(16)), RangeError);
  });
});
