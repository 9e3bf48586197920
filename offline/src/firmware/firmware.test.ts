import assert from 'node:assert/strict';
import { seededChance } from '@roamgrid/domain/chance';
import { BEARER } from '../link/frames.ts';
import { LinkLost } from '../link/link.ts';
import { bringFirmware } from '../phone/bring-firmware.ts';
import { NODE_SUITE } from '../suite/node-suite.ts';
import { NOW_S, second } from '../testing/consortium.ts';
import { Power, PowerCut } from '../testing/cut-flash.ts';
import {
  ADA,
  BEN,
  Board,
  CLEO,
  imageOf,
  KEYS,
  MADE_VERSION,
  MALLORY,
  MODEL,
  releaseOf,
} from '../testing/maker.ts';
import { Park } from '../testing/park.ts';
import { signFirmwareKeys } from './firmware-keys.ts';
import type { FirmwareUpdate } from './firmware-update.ts';
import { chunkCount, type FirmwareChunk } from './release.ts';

const { ROAMGRID_OFFLINE_WHOLE } = process.env;
const SIZE = 2_000;
const IMAGE = imageOf(SIZE, 5);
const CHUNKS = chunkCount({ sizeBytes: SIZE, chunkBytes: 256 });
const QUIET = { nowS: NOW_S, isIdle: true, isOffHours: true };

const codeOf = (result: { readonly ok: boolean; readonly error?: { readonly code: string } }): string =>
  result.ok ? 'taken' : (result.error?.code ?? '');

type Load = Awaited<ReturnType<typeof releaseOf>>;
const chunkOf = (load: Load, index: number): FirmwareChunk => load.chunk(index) ?? assert.fail();

/** All that is missing, by hand. */
const fill = async (update: FirmwareUpdate, load: Load): Promise<void> => {
  assert.ok((await update.takeRelease(load.release, NOW_S)).ok);
  for (let index = 0; index < CHUNKS; index += 1)
    assert.ok((await update.takeChunk(load.version, chunkOf(load, index))).ok);
};

/** It runs what it was made with, and has nothing that could change that. */
const servesTheOld = async (board: Board): Promise<void> => {
  const update = await board.start();
  assert.equal(await update.isDue(QUIET), false);
  assert.deepEqual([update.runs, update.standing.installedVersion], [0, MADE_VERSION]);
  assert.deepEqual(board.image(0, SIZE), imageOf(SIZE, MADE_VERSION));
};

describe('firmware that phones bring', () => {
  it('of a megabyte comes by five phones in forty contacts of bad air, and runs once nobody charges', async function () {
    this.timeout(120_000);
    const image = imageOf(ROAMGRID_OFFLINE_WHOLE === undefined ? 100_000 : 1_000_000, 7);
    const park = new Park();
    const board = new Board(image.length);
    const chance = seededChance(11);
    const hours = { isOff: false, restarts: 0 };
    const update = await board.start();
    park.firmware = { update, isOffHours: () => hours.isOff, restart: () => (hours.restarts += 1) };
    await park.start();
    const chunkBytes = 4_096;
    const load = await releaseOf(image, { chunkBytes });
    const chunks = chunkCount({ sizeBytes: image.length, chunkBytes });
    const perContact = Math.ceil(chunks / 20);
    let lost = 0;
    // Each phone has loaded a part of it alone, and is sooner or later taken away.
    for (let contacts = 0; contacts < 40; contacts += 1) {
      const phone = contacts % 5;
      const part: Load = { ...load, chunk: (index) => (index % 5 <= phone ? load.chunk(index) : undefined) };
      const cutAfterBytes = 3_000 + Math.floor(chance() * 2 * perContact * chunkBytes);
      const air = { loss: 0.1, doubled: 0.1, spreadMs: 40, frameBytes: BEARER.gattUsual, cutAfterBytes };
      await park
        .meet(
          await park.carried(),
          { kind: 'collect' },
          (contact) => bringFirmware(contact, part, perContact),
          air,
          contacts + 1,
        )
        .catch((error: unknown) => {
          assert.ok(error instanceof LinkLost, String(error));
          lost += 1;
        });
      await park.charger.tick();
    }
    assert.ok(lost > 0 && lost < 40, `${lost} contacts were broken off`);
    assert.deepEqual(update.standing.gaps, []);
    park.outlet.isPlugged = false;
    await park.charger.tick();
    assert.equal(hours.restarts, 0, 'it is used at this hour');
    hours.isOff = true;
    await park.charger.tick();
    assert.equal(hours.restarts, 1);
    const trial = await board.start();
    assert.deepEqual([trial.runs, trial.isOnTrial], [1, true]);
    assert.deepEqual(board.image(1, image.length), image);
    await trial.pass();
    assert.deepEqual([(await board.start()).runs, trial.standing.installedVersion], [1, 5]);
  });

  const wrongChunks: readonly [string, string, (load: Load) => FirmwareChunk][] = [
    [
      'with a bit flipped',
      'FIRMWARE_BAD_CHUNK',
      (load) => ({
        ...chunkOf(load, 3),
        bytes: chunkOf(load, 3).bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte)),
      }),
    ],
    ['at another place', 'FIRMWARE_BAD_CHUNK', (load) => ({ ...chunkOf(load, 3), index: 4 })],
    ['behind the last', 'FIRMWARE_BAD_CHUNK', (load) => ({ ...chunkOf(load, 3), index: CHUNKS })],
    [
      'with the path of another',
      'FIRMWARE_BAD_CHUNK',
      (load) => ({ ...chunkOf(load, 3), path: chunkOf(load, 2).path }),
    ],
    [
      'too short',
      'FIRMWARE_BAD_CHUNK',
      (load) => ({ ...chunkOf(load, 3), bytes: chunkOf(load, 3).bytes.subarray(1) }),
    ],
  ];
  for (const [how, code, spoil] of wrongChunks)
    it(`does not take a chunk ${how}`, async () => {
      const board = new Board(SIZE);
      const update = await board.start();
      const load = await releaseOf(IMAGE);
      assert.ok((await update.takeRelease(load.release, NOW_S)).ok);
      assert.equal(codeOf(await update.takeChunk(5, spoil(load))), code);
      assert.deepEqual(update.standing.gaps, [{ from: 0, count: CHUNKS }]);
      assert.deepEqual(board.image(1, SIZE), new Uint8Array(SIZE).fill(0xff));
      await servesTheOld(board);
    });

  it('counts a chunk that comes again once, in whatever order they come', async () => {
    const board = new Board(SIZE);
    const update = await board.start();
    const load = await releaseOf(IMAGE);
    await update.takeRelease(load.release, NOW_S);
    for (const index of [7, 2, 2, 5, 0, 7, 1, 6, 4])
      assert.deepEqual(await update.takeChunk(5, chunkOf(load, index)), { ok: true, value: false });
    assert.deepEqual(update.standing.gaps, [{ from: 3, count: 1 }]);
    assert.deepEqual(await update.takeChunk(5, chunkOf(load, 3)), { ok: true, value: true });
    assert.deepEqual(board.image(1, SIZE), IMAGE);
  });

  const wrongReleases: readonly [string, string, () => Promise<Load>][] = [
    ['of a stranger', 'FIRMWARE_NOT_ENDORSED', () => releaseOf(IMAGE, {}, [MALLORY, ADA])],
    ['of one key alone', 'FIRMWARE_NOT_ENDORSED', () => releaseOf(IMAGE, {}, [ADA])],
    ['signed twice by one', 'FIRMWARE_NOT_ENDORSED', () => releaseOf(IMAGE, {}, [ADA, ADA])],
    ['of an older version', 'FIRMWARE_OLDER', () => releaseOf(IMAGE, { version: 3 })],
    ['of the version that runs', 'FIRMWARE_OLDER', () => releaseOf(IMAGE, { version: MADE_VERSION })],
    ['of another model', 'FIRMWARE_OTHER_MODEL', () => releaseOf(IMAGE, { model: 'park-2' })],
    ['that ran out', 'FIRMWARE_EXPIRED', () => releaseOf(IMAGE, { expiresS: NOW_S })],
    ['larger than a slot', 'FIRMWARE_TOO_LARGE', () => releaseOf(imageOf(SIZE + 1, 5))],
    ['in chunks too small', 'FIRMWARE_MALFORMED', () => releaseOf(IMAGE, { chunkBytes: 255 })],
  ];
  for (const [how, code, made] of wrongReleases)
    it(`is not collected of a release ${how}`, async () => {
      const board = new Board(SIZE);
      const update = await board.start();
      assert.equal(codeOf(await update.takeRelease((await made()).release, NOW_S)), code);
      assert.equal(update.standing.releaseVersion, 0);
      await servesTheOld(board);
    });

  it('is not collected of a release of which any bit is another', async () => {
    const update = await new Board(SIZE).start();
    const { release } = await releaseOf(IMAGE);
    const step = ROAMGRID_OFFLINE_WHOLE === undefined ? 7 : 1;
    for (let bit = 0; bit < release.length * 8; bit += step) {
      const altered = Uint8Array.from(release);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal((await update.takeRelease(altered, NOW_S)).ok, false, `bit ${bit}`);
    }
  }).timeout(60_000);

  it('is neither collected nor applied by a charger that lost its clock, nor after the keys or the release ran out', async () => {
    const board = new Board(SIZE);
    const update = await board.start();
    const load = await releaseOf(IMAGE);
    assert.equal(codeOf(await update.takeRelease(load.release, undefined)), 'CLOCK_LOST');
    assert.equal(codeOf(await update.takeRelease(load.release, KEYS.expiresS)), 'FIRMWARE_KEYS_EXPIRED');
    await fill(update, load);
    for (const moment of [
      { ...QUIET, nowS: undefined },
      { ...QUIET, isIdle: false },
      { ...QUIET, isOffHours: false },
      { ...QUIET, nowS: second('2027-03-01T00:00:00Z') },
    ])
      assert.equal(await update.isDue(moment), false);
    assert.equal(await update.isDue(QUIET), true);
  });

  it('begins anew with a later release, and never mixes two', async () => {
    const board = new Board(SIZE);
    let update = await board.start();
    const [first, later] = [await releaseOf(IMAGE), await releaseOf(imageOf(SIZE, 6), { version: 6 })];
    await update.takeRelease(first.release, NOW_S);
    for (const index of [0, 1, 2, 3]) await update.takeChunk(5, chunkOf(first, index));
    assert.ok((await update.takeRelease(later.release, NOW_S)).ok);
    assert.equal(codeOf(await update.takeRelease(first.release, NOW_S)), 'FIRMWARE_OLDER');
    assert.equal(codeOf(await update.takeChunk(5, chunkOf(first, 4))), 'FIRMWARE_NOT_COLLECTED');
    assert.equal(codeOf(await update.takeChunk(6, chunkOf(first, 4))), 'FIRMWARE_BAD_CHUNK');
    update = await board.start();
    assert.deepEqual(update.standing.gaps, [{ from: 0, count: CHUNKS }]);
    await fill(update, later);
    assert.equal(await update.isDue(QUIET), true);
    assert.deepEqual(board.image(1, SIZE), imageOf(SIZE, 6));
  });

  it('is read back before it runs: a chip that lost a bit while it waited, and hashes that do not agree', async () => {
    const [rotten, wrong] = [new Board(SIZE), new Board(SIZE)];
    const update = await rotten.start();
    await fill(update, await releaseOf(IMAGE));
    rotten.slots[1].bytes[77] = (rotten.slots[1].bytes[77] ?? 0) ^ 4;
    assert.equal(await update.isDue(QUIET), false);
    await servesTheOld(rotten);
    const other = await wrong.start();
    const load = await releaseOf(IMAGE, { sha256: new Uint8Array(32) });
    await fill(other, load);
    assert.equal(await other.isDue(QUIET), false);
    assert.equal(codeOf(await other.takeRelease(load.release, NOW_S)), 'FIRMWARE_FAILED_BEFORE');
    await servesTheOld(wrong);
  });

  it('that does not pass its test, or never says so, is left and not tried again', async () => {
    for (const ends of ['fails', 'hangs'] as const) {
      const board = new Board(SIZE);
      const load = await releaseOf(IMAGE);
      const update = await board.start();
      await fill(update, load);
      assert.ok(await update.isDue(QUIET));
      const trial = await board.start();
      assert.equal(trial.runs, 1);
      if (ends === 'fails') await trial.fail();
      else for (let start = 2; start <= 3; start += 1) assert.equal((await board.start()).runs, 1);
      await servesTheOld(board);
      const after = await board.start();
      assert.equal(codeOf(await after.takeRelease(load.release, NOW_S)), 'FIRMWARE_FAILED_BEFORE');
      await fill(after, await releaseOf(imageOf(SIZE, 6), { version: 6 }));
      assert.ok(await after.isDue(QUIET));
    }
  });

  it('loses nothing that it notes after a note that power cut in two', async () => {
    const board = new Board(SIZE);
    const load = await releaseOf(IMAGE);
    let update = await board.start();
    assert.ok((await update.takeRelease(load.release, NOW_S)).ok);
    await update.takeChunk(5, chunkOf(load, 0));
    board.flash.received.bytes = Uint8Array.from([...board.flash.received.bytes, 1, 2, 3]);
    update = await board.start();
    await update.takeChunk(5, chunkOf(load, 1));
    update = await board.start();
    assert.deepEqual(update.standing.gaps, [{ from: 2, count: CHUNKS - 2 }]);
  });

  it('resumes after a cut of power at any byte that is written, and one whole version runs at each start', async function () {
    this.timeout(600_000);
    const load = await releaseOf(IMAGE);
    const old = imageOf(SIZE, MADE_VERSION);
    /** One life with power: does what is to be done, as far as it comes. */
    const live = async (board: Board, power?: Power): Promise<void> => {
      const update = await board.start(power);
      assert.deepEqual(board.image(update.runs, SIZE), update.runs === 0 ? old : IMAGE);
      if (update.isOnTrial) await update.pass();
      if (update.standing.installedVersion === 5) return;
      await fill(update, load);
      if (await update.isDue(QUIET)) await live(board, power);
    };
    const whole = new Power();
    await live(new Board(SIZE), whole);
    const step = ROAMGRID_OFFLINE_WHOLE === undefined ? 53 : 1;
    for (let cut = 0; cut <= whole.written; cut += step) {
      const board = new Board(SIZE);
      await live(board, new Power(cut)).catch((error: unknown) => {
        assert.ok(error instanceof PowerCut, String(error));
      });
      await live(board);
      const update = await board.start();
      assert.deepEqual([update.runs, update.standing.installedVersion], [1, 5], `cut at ${cut}`);
    }
  });
});

describe('the keys that release firmware', () => {
  const next = { ...KEYS, version: 2, keys: [ADA, CLEO, MALLORY] };
  const signed = (keys: typeof KEYS, by: readonly (typeof ADA)[]) =>
    signFirmwareKeys(
      keys,
      by.map(({ signer }) => signer),
      NODE_SUITE,
    );

  it('are replaced when enough of the earlier and of the later ones agree, and stay so', async () => {
    const board = new Board(SIZE);
    const update = await board.start();
    assert.ok((await update.takeKeys(await signed(next, [ADA, CLEO]))).ok);
    const again = await board.start();
    assert.equal(again.standing.keysVersion, 2);
    // Ben’s key was lost: what it signs is not counted any more.
    assert.equal(
      codeOf(await again.takeRelease((await releaseOf(IMAGE)).release, NOW_S)),
      'FIRMWARE_NOT_ENDORSED',
    );
    assert.ok((await again.takeRelease((await releaseOf(IMAGE, {}, [ADA, CLEO])).release, NOW_S)).ok);
  });

  const refused: readonly [string, string, () => Promise<Uint8Array>][] = [
    ['whom one stolen key made', 'FIRMWARE_NOT_ENDORSED', () => signed({ ...next, threshold: 1 }, [ADA])],
    ['of which too few agree themselves', 'FIRMWARE_NOT_ENDORSED', () => signed(next, [BEN, CLEO])],
    ['which are those they are', 'FIRMWARE_KEYS_OLDER', () => signed(KEYS, [ADA, BEN])],
    [
      'which follow on some that are missing',
      'FIRMWARE_KEYS_GAP',
      () => signed({ ...next, version: 3 }, [ADA, CLEO]),
    ],
    [
      'of which more are asked for than there are',
      'FIRMWARE_MALFORMED',
      () => signed({ ...next, threshold: 4 }, [ADA, CLEO]),
    ],
  ];
  for (const [how, code, made] of refused)
    it(`are not replaced by keys ${how}`, async () => {
      const update = await new Board(SIZE).start();
      assert.equal(codeOf(await update.takeKeys(await made())), code);
      assert.equal(update.standing.keysVersion, 1);
    });

  it('come with a release to a charger that has earlier ones, and one of another model is left alone', async () => {
    const park = new Park();
    park.firmware = {
      update: await new Board(SIZE).start(),
      isOffHours: () => true,
      restart: () => assert.fail('it collects yet'),
    };
    await park.start();
    const load = {
      ...(await releaseOf(IMAGE, {}, [CLEO, MALLORY])),
      keys: [{ version: 2, bytes: await signed(next, [ADA, CLEO]) }],
    };
    const meet = async (what: Load) =>
      park.meet(await park.carried(), { kind: 'collect' }, (contact) => bringFirmware(contact, what, 3));
    assert.deepEqual(await meet({ ...load, model: 'park-2' }), { ok: true, value: 0 });
    assert.deepEqual(await meet(load), { ok: true, value: 3 });
    const { standing } = park.firmware.update;
    assert.deepEqual(standing, {
      ...{ model: MODEL, installedVersion: MADE_VERSION, keysVersion: 2, releaseVersion: 5 },
      gaps: [{ from: 3, count: CHUNKS - 3 }],
    });
  });
});
