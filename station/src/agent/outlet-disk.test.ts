import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileEndStore, type EndStore } from '../ends/end-store.ts';
import { fileJournal, type JournalStore } from './journal.ts';
import { begin, chargeOnce, outletRig, shows, usual } from './outlet.fixture.ts';

/** What the operating system says on a full disk. */
const fullDisk = (): Error =>
  Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    errno: -28,
    syscall: 'write',
  });

describe('an outlet whose disk is full', () => {
  let rig: ReturnType<typeof outletRig>;
  let isFull: boolean;
  beforeEach(() => {
    rig = outletRig();
    isFull = false;
  });
  afterEach(() => rig.close());
  /** The real files, on a disk that takes nothing while `isFull`. */
  const onDisk = (): { journal: JournalStore; ends: EndStore } => {
    const journal = fileJournal(join(rig.folder, 'outlet.journal'));
    const ends = fileEndStore(join(rig.folder, 'ends'));
    const room = (): void => {
      if (isFull) throw fullDisk();
    };
    return {
      journal: {
        ...journal,
        save: (content) => {
          room();
          journal.save(content);
        },
      },
      ends: {
        ...ends,
        add: (end) => {
          room();
          return ends.add(end);
        },
      },
    };
  };
  const asked = (received: readonly { path: string }[], what: string) =>
    received.filter(({ path }) => path.endsWith(what)).length;

  it('starts no session, says so, and serves again when there is room', async () => {
    const { outlet, gateway } = await rig.with(usual(), { outlet: onDisk() });
    isFull = true;
    const { ended } = await begin(outlet);
    assert.equal(await ended, undefined);
    assert.ok(outlet.state.screen === 'refused', outlet.state.screen);
    assert.equal(outlet.state.refusal.code, 'STATION_DISK_FULL');
    assert.equal(asked(gateway.received, '/sessions'), 0, 'nothing was started');
    isFull = false;
    outlet.done();
    assert.ok(await chargeOnce(outlet));
  });

  it('ends the session that runs, and serves nobody before its end is kept', async () => {
    const { outlet, gateway, make } = await rig.with(usual(), { outlet: onDisk() });
    const whole = await chargeOnce(outlet);
    assert.ok(whole);
    outlet.done();
    const { ended } = await begin(outlet);
    isFull = true;
    await shows(outlet, 'stopping');
    const stops = asked(gateway.received, '/stop');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(outlet.state.screen, 'stopping', 'nobody else is served before the end is kept');
    assert.equal(asked(gateway.received, '/stop'), stops);
    isFull = false;
    assert.ok(await ended);
    const told = gateway.received.filter(({ path }) => path.endsWith('/stop')).at(-1)?.body;
    assert.equal(told?.['endReason'], 'fault');
    assert.deepEqual(readdirSync(join(rig.folder, 'ends')), []);
    outlet.done();
    assert.ok(await chargeOnce(outlet), 'and the next driver is');
    outlet.close();
    assert.equal(await make().recover(), undefined, 'nothing is left to be told');
  });
});
