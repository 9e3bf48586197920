import assert from 'node:assert/strict';
import {
  allocate,
  growTree,
  PLAIN_POLICY,
  type Claim,
  type PowerState,
  type Source,
} from '@roamgrid/domain/power';
import { unwrap } from '@roamgrid/domain';
import { createLogger, type Store } from '@roamgrid/service-kit';
import { gridOf } from '../stage/stage.ts';
import type { ControllerDb } from '../store/tables.ts';
import { ownStore } from '../testing/own-store.ts';
import { recordConfig } from './config.ts';
import { Recorder } from './recorder.ts';
import { RecordStore } from './record-store.ts';
import { computeW, mostShareW, shareW } from './slot.ts';

const FROM_MS = 1_800_000_000_000;
const SLOT_MS = 900_000;
const GRANT_MS = 30_000;
const config = recordConfig.parse({
  ...{ agreementId: 'a', hun: 'USALP', stationId: 'hub', tariffId: 't', tariffVersion: 1, currency: 'USD' },
  ...{ microsPerKWh: '400000', slotMs: SLOT_MS, meters: [] },
});

/** What servers may take by a decision, and what stands for them while nobody can tell them. */
const stateOf = (...claims: readonly (readonly [string, Claim['kind'], bigint])[]): PowerState => ({
  tree: unwrap(growTree([{ nodeId: 'site', kind: 'connection' }], { volts: 230n, lanes: 1 })),
  sources: [gridOf(50_000n)],
  claims: claims.map(([claimId, kind, maxW]) => ({
    claimId,
    kind,
    maxW,
    nodeId: 'site',
    minW: 0n,
    arrivedMs: 0,
  })),
  ...{ signals: {}, policy: PLAIN_POLICY, tickMs: 1_000 },
});

describe('the slots of a site', function () {
  this.timeout(20_000);
  let store: Store<ControllerDb>;
  let remove: () => Promise<void>;
  before(async () => {
    ({ store, remove } = await ownStore());
  });
  after(() => remove());

  const recorderOf = (records: RecordStore, cars: readonly string[] = []): Recorder => {
    const times = { tickMs: 1_000, readMs: 800, tellMs: 800, grantMs: GRANT_MS, slackMs: 1_000 };
    const guard = {
      everyMs: 1_000,
      toleranceMs: 1_000,
      marginPermille: 0n,
      blindMs: 1_000,
      coolDownMs: undefined,
    };
    const publicKey = { kty: 'EC', crv: 'P-256', x: '', y: '', kid: 'm' } as never;
    const meter = { meterId: 'm', evseId: 'US*DUK*E1*1', publicKey };
    return new Recorder({
      config: {
        ...config,
        meters: [{ loadId: 'servers', ...meter }],
        cars: cars.map((sourceId) => ({ sourceId, cinRef: 'ab'.repeat(32), ...meter })),
      },
      spec: {
        ...{ siteId: 's1', volts: 230n, lanes: 1, nodes: [], loads: [], sources: [], times, guard },
        planning: undefined,
      },
      ...{
        utilityId: 'USDUK',
        loads: [],
        sources: [],
        store: records,
        nowMs: () => FROM_MS,
        log: createLogger('test', { level: 'silent' }),
      },
      door: { tell: () => assert.fail('nothing is told'), ask: () => assert.fail('nothing is asked') },
    });
  };

  it('are the decision that left servers most in each, also one from before it, and before a fall', async () => {
    const records = new RecordStore(store.db, 's1');
    const note = async (recorder: Recorder, atMs: number, watts: bigint): Promise<void> => {
      const state = stateOf(['servers:high', 'compute', watts], ['car', 'charge', 9_000n]);
      await recorder.note(state, allocate(state, FROM_MS + atMs), FROM_MS + atMs);
    };
    const recorded = async () =>
      (await records.slots(0, 10)).map((slot) => [(slot.slotMs - FROM_MS) / SLOT_MS, computeW(slot)]);
    const recorder = recorderOf(records);
    await note(recorder, 1_000, 300n);
    await note(recorder, 2_000, 700n);
    await note(recorder, 3_000, 100n);
    assert.deepEqual(await recorded(), [[0, 700n]]);
    const anew = recorderOf(records);
    await note(anew, SLOT_MS - 9_000, 200n);
    assert.deepEqual(await recorded(), [[0, 700n]]);
    await note(anew, SLOT_MS - 5_000, 150n);
    await note(anew, SLOT_MS + 1_000, 50n);
    await note(anew, 2 * SLOT_MS + GRANT_MS, 60n);
    assert.deepEqual(await recorded(), [
      [0, 700n],
      [1, 150n],
      [2, 60n],
    ]);
  });

  it('count what servers may take of which nobody is sure as theirs, under ids that the ledger takes', async () => {
    const records = new RecordStore(store.db, 's2');
    const state = stateOf(
      ['servers~alone', 'circuit', 20n],
      ['servers:high~0', 'circuit', 40n],
      ['car~alone', 'circuit', 80n],
      ['lift@yard', 'circuit', 1n],
    );
    await recorderOf(records).note(state, allocate(state, FROM_MS), FROM_MS);
    const [slot] = await records.slots(0, 1);
    assert.ok(slot);
    assert.equal(computeW(slot), 60n);
    assert.deepEqual(
      slot.claims.slice(0, 3).map(({ claimId, kind }) => [claimId, kind]),
      [
        ['servers**alone', 'compute'],
        ['servers:high**0', 'compute'],
        ['car**alone', 'circuit'],
      ],
    );
    assert.match(slot.claims[3]?.claimId ?? '', /^x-[0-9a-f]{40}$/);
  });

  it('keep beside it the decision in which a car gave most, also over a fall, and none when it gave no more', async () => {
    const records = new RecordStore(store.db, 's3');
    const note = async (recorder: Recorder, atMs: number, gridW: bigint, carW: bigint): Promise<void> => {
      const state = stateOf(['servers', 'compute', 20_000n]);
      const v2l = {
        claimId: 'v2l',
        kind: 'discharge',
        nodeId: 'site',
        minW: 0n,
        maxW: carW,
        arrivedMs: 0,
      } as const;
      const car: Source = {
        ...{ sourceId: 'car', kind: 'ev', nodeId: 'site', availableW: 11_000n },
        store: { storedWh: 40_000n, capacityWh: 60_000n, floorWh: 0n },
      };
      const giving = {
        ...state,
        sources: [gridOf(gridW), car],
        claims: [...state.claims, { ...v2l, sourceId: 'car' }],
      };
      await recorder.note(giving, allocate(giving, FROM_MS + atMs), FROM_MS + atMs);
    };
    const recorded = async () => {
      const [slot] = await records.slots(0, 1);
      assert.ok(slot);
      return [
        computeW(slot),
        (slot.carsBy ?? []).map((each) => shareW(each, 'car')),
        mostShareW(slot, 'car'),
      ];
    };
    const recorder = recorderOf(records, ['car']);
    await note(recorder, 1_000, 50_000n, 8_000n);
    assert.deepEqual(await recorded(), [20_000n, [], 0n]);
    // The grid is away for a while: less for the servers, and all of it from the car.
    await note(recorder, 2_000, 0n, 5_000n);
    await note(recorder, 3_000, 0n, 8_000n);
    await note(recorder, 4_000, 0n, 3_000n);
    assert.deepEqual(await recorded(), [20_000n, [8_000n], 8_000n]);
    const anew = recorderOf(records, ['car']);
    await note(anew, 5_000, 0n, 7_000n);
    await note(anew, 6_000, 15_000n, 5_000n);
    assert.deepEqual(await recorded(), [20_000n, [8_000n], 8_000n]);
    await note(anew, 7_000, 0n, 9_000n);
    assert.deepEqual(await recorded(), [20_000n, [9_000n], 9_000n]);
  });
});
