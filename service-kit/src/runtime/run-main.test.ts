import assert from 'node:assert/strict';
import { withDatabaseUrl } from './run-main.ts';

describe('the configuration of a service’s program', () => {
  const config = { utilityId: 'USDUK', database: { url: 'postgres://file', name: 'duke' } };

  it('takes the address of the database from the environment, and all else from its file', () => {
    assert.deepEqual(withDatabaseUrl(config, 'postgres://environment'), {
      utilityId: 'USDUK',
      database: { url: 'postgres://environment', name: 'duke' },
    });
  });

  it('is as its file has it without such a variable, and when it is wrong anyway', () => {
    assert.deepEqual(withDatabaseUrl(config, undefined), config);
    assert.equal(withDatabaseUrl('text', 'postgres://environment'), 'text');
  });
});
