import {
  climate,
  depository,
  DeviceStage,
  lift,
  liveThroughDay,
  makeKeys,
  type DaySeen,
  type DeviceKeys,
} from '@roamgrid/energy-controller/devices';

/**
 * SITE-9: a swap of blades behind a badge, what the lamps show and what the control centre is told, cooling and heating, and the lift.
 * Lived through on drivers whose hardware is simulated in processes of its own, with a served control centre.
 */
export interface Site9Seen {
  readonly depository: {
    /** Latch and lamps after each thing that was done. */
    readonly steps: readonly { readonly done: string; readonly shows: string }[];
    readonly told: readonly string[];
    /** After a badge with another's number was shown. */
    readonly wrongBadge: { readonly latch: string; readonly opened: number; readonly logged: string };
  };
  readonly climate: {
    readonly pump: readonly { readonly milliC: number; readonly pump: string }[];
    readonly day: DaySeen;
  };
  readonly lift: {
    readonly raiseLocked: string;
    readonly raiseReleased: string;
    readonly raisedMm: number;
    readonly loweredMm: number;
    /** How far it rose while its hatch was locked. */
    readonly roseLockedMm: number;
  };
}

const show = (badgeId: string, keys: DeviceKeys) => ({ do: 'show-badge', badgeId, key: keys.privateKey });

const liveDepository = async (): Promise<Site9Seen['depository']> => {
  const [driver, technician, stranger] = [makeKeys(), makeKeys(), makeKeys()];
  const stage = await DeviceStage.start(() =>
    depository({
      badges: [
        { id: 'badge-7', role: 'driver', publicKey: driver.verifies },
        { id: 'badge-1', role: 'technician', publicKey: technician.verifies },
      ],
    }),
  );
  try {
    await stage.pass(100);
    await stage.act(show('badge-7', stranger));
    const { latch, opened } = await stage.world();
    const logged = stage.driver.view().log.at(-1)?.event ?? '';
    const steps: { done: string; shows: string }[] = [];
    const look = async (done: string, action: Readonly<Record<string, unknown>>) => {
      await stage.act(action);
      const world = await stage.world();
      steps.push({ done, shows: [world['latch'], world['led1'], world['led2']].map(String).join(' ') });
    };
    await look('badge', show('badge-7', driver));
    await look('opened', { do: 'open' });
    await look('a spare out', { do: 'take-spare' });
    await look('the last spare out', { do: 'take-spare' });
    await look('a faulty blade in', { do: 'put-faulty', serials: ['blade-31'] });
    await look('shut', { do: 'shut' });
    await stage.pass(600_000, 60_000);
    await look('a technician’s badge', show('badge-1', technician));
    await look('opened again', { do: 'open' });
    await look('the faulty blade out', { do: 'take-faulty', serial: 'blade-31' });
    await look('a spare in', { do: 'put-spare' });
    await look('shut again', { do: 'shut' });
    const told = await stage.told();
    return {
      steps,
      told: told.map(({ code, facts }) => `${code} ${facts['serial'] ?? ''}`),
      wrongBadge: { latch: String(latch), opened: Number(opened), logged },
    };
  } finally {
    await stage.close();
  }
};

/** Temperatures in the order in which they are set, each at an edge. */
const EDGES: readonly (readonly [milliC: number, pump: string])[] = [
  [54_990, 'circulate'],
  [55_000, 'cool'],
  [53_001, 'cool'],
  [53_000, 'circulate'],
  [-39_990, 'circulate'],
  [-40_000, 'heat'],
  [-38_001, 'heat'],
  [-38_000, 'circulate'],
];

const liveClimate = async (): Promise<Site9Seen['climate']> => {
  const stage = await DeviceStage.start(climate);
  try {
    await stage.pass(100);
    const pump: { milliC: number; pump: string }[] = [];
    for (const [milliC] of EDGES) {
      await stage.act({ do: 'weather', milliC });
      await stage.act({ do: 'set-temperature', milliC });
      pump.push({ milliC, pump: String((await stage.world())['pump']) });
    }
    const day = await liveThroughDay({
      tell: (action) => stage.act(action),
      pass: (ms, stepMs) => stage.pass(ms, stepMs),
      world: () => stage.world(),
    });
    return { pump, day };
  } finally {
    await stage.close();
  }
};

const liveLift = async (): Promise<Site9Seen['lift']> => {
  const technician = makeKeys();
  const stage = await DeviceStage.start(() =>
    lift({ badges: [{ id: 'badge-1', role: 'technician', publicKey: technician.verifies }] }),
  );
  try {
    await stage.pass(100);
    const ask = async (type: string) => {
      const asked = await stage.driver.ask({ type }, stage.nowMs);
      return asked.ok ? 'ok' : asked.refusal.code;
    };
    const depth = async () => Number((await stage.world())['depthMm']);
    const raiseLocked = await ask('raise');
    await stage.act(show('badge-1', technician));
    const raiseReleased = await ask('raise');
    await stage.pass(30_000, 100);
    const raisedMm = await depth();
    await ask('lower');
    await stage.pass(30_000, 100);
    const roseLockedMm = Number((await stage.world())['raisedLockedMm']);
    return { raiseLocked, raiseReleased, raisedMm, loweredMm: await depth(), roseLockedMm };
  } finally {
    await stage.close();
  }
};

/** Lives the row through. */
export const liveSite9 = async (): Promise<Site9Seen> => {
  const [ofDepository, ofClimate, ofLift] = await Promise.all([liveDepository(), liveClimate(), liveLift()]);
  return { depository: ofDepository, climate: ofClimate, lift: ofLift };
};

const STEPS: readonly (readonly [done: string, shows: string])[] = [
  ['badge', 'released green green'],
  ['opened', 'locked green green'],
  ['a spare out', 'locked green green'],
  ['the last spare out', 'locked red green'],
  ['a faulty blade in', 'locked red red'],
  ['shut', 'locked red red'],
  ['a technician’s badge', 'released red red'],
  ['opened again', 'locked red red'],
  ['the faulty blade out', 'locked red green'],
  ['a spare in', 'locked green green'],
  ['shut again', 'locked green green'],
];

/** 4 ft, as the source has it, in millimetres; an end is met within a finger's breadth. */
const FOUR_FEET_MM = 1_219;
const NEAR_MM = 10;

const isDepository = ({ steps, told, wrongBadge }: Site9Seen['depository']): boolean =>
  steps.length === STEPS.length &&
  STEPS.every(([done, shows], index) => steps[index]?.done === done && steps[index].shows === shows) &&
  told.length === 1 &&
  told[0] === 'FAULTY_BLADE_INSIDE blade-31' &&
  wrongBadge.latch === 'locked' &&
  wrongBadge.opened === 0 &&
  wrongBadge.logged === 'badge-refused';

const isClimate = ({ pump, day }: Site9Seen['climate']): boolean =>
  pump.length === EDGES.length &&
  EDGES.every(
    ([milliC, expected], index) => pump[index]?.milliC === milliC && pump[index].pump === expected,
  ) &&
  day.lowestMilliC >= -40_500 &&
  day.lowestMilliC <= -40_000 &&
  day.highestMilliC <= 55_500 &&
  day.highestMilliC >= 55_000 &&
  day.cooledS > 3_600 &&
  day.cooledS < 86_400 &&
  day.heatedS > 60 &&
  day.heatedS < 86_400;

const isLift = ({
  raiseLocked,
  raiseReleased,
  raisedMm,
  loweredMm,
  roseLockedMm,
}: Site9Seen['lift']): boolean =>
  raiseLocked === 'CONDITION_NOT_MET' &&
  raiseReleased === 'ok' &&
  Math.abs(raisedMm) <= NEAR_MM &&
  Math.abs(loweredMm - FOUR_FEET_MM) <= NEAR_MM &&
  roseLockedMm === 0;

/** Whether what was seen is what SITE-9 asks for. */
export const isSite9 = (seen: Site9Seen): boolean =>
  isDepository(seen.depository) && isClimate(seen.climate) && isLift(seen.lift);
