import assert from 'node:assert/strict';
import { cdrText, sessionText } from '../objects/examples.fixture.ts';
import { startDuke, own, type DukeAndPartners } from '../testing/duke.ts';

const cdr = own(cdrText('C-30', '{ "excl_vat": 3.90, "incl_vat": 4.641 }'));

describe('sessions and CDRs of our own', () => {
  let world: DukeAndPartners;
  before(async () => {
    world = await startDuke();
  });
  after(() => world.close());

  it('are for the partner whose customer charged, and shown to nobody without naming it', async () => {
    const { operate } = world.duke;
    for (const [module, text] of [
      ['cdrs', cdr],
      ['sessions', own(sessionText)],
    ] as const) {
      const path = `/operator/v1/own/${module}`;
      assert.equal((await operate('PUT', path, { text })).status, 422);
      assert.equal((await operate('PUT', path, { text, partnerId: 'nobody' })).status, 404);
      assert.equal((await operate('PUT', path, { text, partnerId: 'newer' })).status, 200);
      const seen = async (who: 'rhk' | 'newer') =>
        ((await world.as(who, `sender/${module}`)).json.data as unknown[]).length;
      assert.deepEqual([await seen('rhk'), await seen('newer')], [0, 1]);
    }
  });
});
