import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceKind } from '@roamgrid/wire';
import { Teller, type Centre } from './centre/teller.ts';
import { depository } from './depository/device.ts';
import { Driver } from './driver.ts';
import { gate } from './gate/device.ts';
import { fileJournal, type Journal } from './journal.ts';
import { SocketLink, type Link } from './link/device-link.ts';
import type { Device } from './machine/device.ts';
import type { MachineEvent } from './machine/table.ts';
import { spawnDevice, type SpawnedDevice } from './simulator/spawn.ts';
import { makeKeys, serveCentre, START_MS } from './simulator/stage.ts';
import { transfer } from './transfer/device.ts';

const badge = makeKeys();
const stranger = makeKeys();

/** How far apart the contacts are at which it is killed: each one with ROAMGRID_KILLS=all, in CI some, from another start each day. */
const STRIDE = process.env['ROAMGRID_KILLS'] === 'all' ? 1 : 5;
const FIRST = 1 + (Math.floor(Date.now() / 86_400_000) % STRIDE);

class Killed extends Error {}

/** Kills the controller at its n-th contact with the outside: before it happened, or after it did and nobody heard. */
class Killer {
  #left: number;
  isDead = false;

  constructor(contacts: number) {
    this.#left = contacts;
  }

  async at<T>(contact: () => Promise<T>): Promise<T> {
    this.#strike();
    const result = await contact();
    this.#strike();
    return result;
  }

  now<T>(contact: () => T): T {
    this.#strike();
    const result = contact();
    this.#strike();
    return result;
  }

  #strike(): void {
    this.#left -= 1;
    if (this.#left === 0) this.isDead = true;
    if (this.isDead) throw new Killed();
  }
}

/** A controller that is killed once, and one that starts from its journal after it. */
class Mortal<Kind extends DeviceKind, State extends string, Event extends MachineEvent, Memory, Plain> {
  nowMs = START_MS;
  readonly #make: () => Device<Kind, State, Event, Memory, Plain>;
  readonly #spawned: SpawnedDevice;
  readonly #centre: Centre;
  readonly #path: string;
  #killer = new Killer(0);
  #driver: Driver<Kind, State, Event, Memory, Plain> | undefined;

  constructor(
    make: () => Device<Kind, State, Event, Memory, Plain>,
    spawned: SpawnedDevice,
    centre: Centre,
    path: string,
  ) {
    this.#make = make;
    this.#spawned = spawned;
    this.#centre = centre;
    this.#path = path;
  }

  /** From now on killed at this contact. */
  strikeAt(contact: number): Killer {
    this.#driver?.close();
    this.#driver = undefined;
    return (this.#killer = new Killer(contact));
  }

  get state(): string | undefined {
    return this.#driver?.view().state;
  }

  /** Starts if it must, looks, and tells what waits. */
  async look(): Promise<void> {
    this.nowMs += 20;
    const killer = this.#killer;
    try {
      const driver = (this.#driver ??= this.#start(killer));
      await driver.tick(this.nowMs);
      const centre: Centre = { tell: (notice) => killer.at(() => this.#centre.tell(notice)) };
      await new Teller(centre).flush([driver]);
      if (killer.isDead) throw new Killed();
    } catch (thrown) {
      if (!(thrown instanceof Killed)) throw thrown;
      this.#driver?.close();
      this.#driver = undefined;
      this.#killer = new Killer(0);
    }
  }

  async until(...states: readonly string[]): Promise<void> {
    for (let i = 0; !states.includes(this.state ?? ''); i += 1) {
      assert.ok(i < 50, `${this.state ?? 'dead'} is none of ${states.join(', ')}`);
      await this.look();
    }
  }

  async act(action: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#spawned.hands.act(action, this.nowMs);
    await this.look();
  }

  world = () => this.#spawned.hands.look(this.nowMs);

  async close(): Promise<void> {
    this.#driver?.close();
    await this.#spawned.close();
  }

  #start(killer: Killer): Driver<Kind, State, Event, Memory, Plain> {
    const device = this.#make();
    const socket = new SocketLink({ kind: device.kind, path: this.#spawned.socket, timeoutMs: 5_000 });
    const link: Link<Kind> = {
      exchange: (exchange) => killer.at(() => socket.exchange(exchange)),
      close: () => socket.close(),
    };
    const kept = fileJournal(this.#path, Object.keys(device.table.states) as State[], device.memory);
    const journal: Journal<State, Memory> = {
      load: () => kept.load(),
      save: (content) => killer.now(() => kept.save(content)),
    };
    const onNotice = () => undefined;
    try {
      return new Driver(
        { siteId: 'site-1', deviceId: device.kind, device, link, journal, onNotice },
        this.nowMs,
      );
    } catch (thrown) {
      socket.close();
      throw thrown;
    }
  }
}

describe('a controller that is killed at each contact with the outside', () => {
  let served: Awaited<ReturnType<typeof serveCentre>>;
  const folder = mkdtempSync(join(tmpdir(), 'kill-'));
  before(async () => {
    served = await serveCentre();
  });
  after(async () => {
    await served.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const told = async (...codes: readonly string[]) =>
    (await served.notices()).filter(({ code }) => codes.includes(code));

  it('tells of each faulty blade once, forgets none, and lets nobody in without a badge', async function () {
    this.timeout(60_000);
    const make = () => depository({ badges: [{ id: 'b', role: 'technician', publicKey: badge.verifies }] });
    const mortal = new Mortal(
      make,
      await spawnDevice('depository', 'told'),
      served.centre,
      join(folder, 'depository.json'),
    );
    const expected: string[] = [];
    let inside: readonly string[] = [];
    for (let contact = FIRST, wasKilled = true; wasKilled; contact += STRIDE) {
      const killer = mortal.strikeAt(contact);
      await mortal.until('closed');
      for (let i = 0; mortal.state !== 'released'; i += 1) {
        assert.ok(i < 5);
        await mortal.until('closed');
        assert.equal((await mortal.world())['latch'], 'locked');
        await mortal.act({ do: 'show-badge', badgeId: 'b', key: badge.privateKey });
        // Killed after the badge opened the latch: whoever comes back finds it locked, and shows the badge again.
        if (mortal.state === undefined) await mortal.until('closed', 'released');
      }
      await mortal.act({ do: 'open' });
      for (const serial of inside) await mortal.act({ do: 'take-faulty', serial });
      inside = [`f${contact}a`, `f${contact}b`];
      await mortal.act({ do: 'put-faulty', serials: inside });
      await mortal.act({ do: 'shut' });
      await mortal.until('closed');
      await mortal.look();
      expected.push(...inside);
      wasKilled = killer.isDead;
    }
    const notices = await served.notices();
    assert.deepEqual(
      notices.map(({ code, facts }) => `${code} ${facts['serial'] ?? ''}`).sort(),
      expected.map((serial) => `FAULTY_BLADE_INSIDE ${serial}`).sort(),
    );
    assert.ok(expected.length * STRIDE > 60, `${expected.length / 2} contacts`);
    await mortal.close();
  });

  it('counts each failed authentication once, tells the tenth once, and gives no power meanwhile', async function () {
    this.timeout(60_000);
    const make = () => gate({ vehicles: new Map([['c', badge.verifies]]), blades: new Map() });
    const mortal = new Mortal(
      make,
      await spawnDevice('gate', 'told'),
      served.centre,
      join(folder, 'gate.json'),
    );
    let rounds = 0;
    for (let contact = FIRST, wasKilled = true; wasKilled; contact += STRIDE) {
      const killer = mortal.strikeAt(contact);
      await mortal.until('closed');
      // A good one: what failed before is forgotten.
      await mortal.act({ do: 'plug', id: 'c', key: badge.privateKey });
      await mortal.until('open');
      await mortal.act({ do: 'unplug' });
      await mortal.until('closed');
      await mortal.act({ do: 'plug', id: 'c', key: stranger.privateKey });
      await mortal.until('refused');
      assert.equal((await mortal.world())['power'], 'off');
      await mortal.act({ do: 'unplug' });
      await mortal.until('closed');
      wasKilled = killer.isDead;
      rounds += 1;
    }
    assert.ok(rounds * STRIDE > 30, `${rounds} contacts`);
    // One failure is counted: the tenth is nine further on, after kills at whatever contact.
    for (let failure = 2; failure <= 10; failure += 1) {
      mortal.strikeAt(failure);
      await mortal.until('closed');
      await mortal.act({ do: 'plug', id: 'c', key: stranger.privateKey });
      await mortal.until(failure === 10 ? 'barred' : 'refused');
      await mortal.act({ do: 'unplug' });
    }
    for (let i = 0; i < 5; i += 1) await mortal.look();
    assert.equal((await told('AUTHENTICATIONS_FAILED')).length, 1);
    await mortal.close();
  });

  it('never has two sources feed a house, however often it is killed on the way from one to the other', async function () {
    this.timeout(120_000);
    const mortal = new Mortal(
      transfer,
      await spawnDevice('transfer', 'told'),
      served.centre,
      join(folder, 'transfer.json'),
    );
    await mortal.act({ do: 'power', of: 'battery', is: true });
    const wanted = process.env['ROAMGRID_KILLS'] === 'all' ? 1_000 : 60;
    let kills = 0;
    for (let contact = FIRST; kills < wanted; contact += STRIDE) {
      // On from where it is, to the battery or back, by way of an outage.
      const isOn = mortal.state === 'on-battery';
      const killer = mortal.strikeAt(contact);
      await mortal.until('on-grid', 'on-battery');
      await mortal.act({ do: 'power', of: 'grid', is: isOn });
      await mortal.until(isOn ? 'on-grid' : 'on-battery');
      const { overlaps, chargedInIsland } = await mortal.world();
      assert.deepEqual({ overlaps, chargedInIsland }, { overlaps: 0, chargedInIsland: 0 });
      if (killer.isDead) kills += 1;
      else contact = FIRST - STRIDE;
    }
    await mortal.close();
  });
});
