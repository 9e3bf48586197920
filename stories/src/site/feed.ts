import { setTimeout as sleep } from 'node:timers/promises';
import { startEnergyCloud, type EnergyCloud } from '@roamgrid/energy-controller';
import { FEED_W, startFeedStage } from '@roamgrid/energy-controller/stage';
import { removeDatabase } from '@roamgrid/service-kit';

/** SITE-12: four stations on one feed of 240 V and 60 A, shared by weights of 2:1:1; with the cloud away the local rule keeps the limit. */
export interface FeedSeen {
  /** What each takes under the cloud, alone, and once it is back; watts as decimal strings. */
  readonly shared: readonly string[];
  readonly alone: readonly string[];
  readonly sharedAgain: readonly string[];
  /** Whether all of them together were ever above the feed, looked at every 10 ms. */
  readonly wasAbove: boolean;
}

const PATIENCE_MS = 30_000;
const SHARED = ['7200', '3600', '3600', '0'];
const ALONE = ['3600', '3600', '3600', '3600'];

/** Lives the row through on four served sites and a served cloud, by the clock on the wall. */
export const liveFeed = async (folder: string): Promise<FeedSeen> => {
  const feed = await startFeedStage(folder);
  const taken = (): readonly string[] => feed.takenW().map(String);
  /** What they take once it is as expected, or when patience is over. */
  const settled = async (expected: readonly string[]): Promise<readonly string[]> => {
    const endMs = Date.now() + PATIENCE_MS;
    while (taken().join() !== expected.join() && Date.now() < endMs) await sleep(20);
    return taken();
  };
  let cloud: EnergyCloud | undefined;
  try {
    cloud = await startEnergyCloud(feed.cloudConfig);
    for (const at of [0, 1, 2]) feed.wants(at, FEED_W);
    const shared = await settled(SHARED);
    await cloud.close();
    feed.wants(3, FEED_W);
    const alone = await settled(ALONE);
    feed.wants(3, 0n);
    cloud = await startEnergyCloud(feed.cloudConfig);
    const sharedAgain = await settled(SHARED);
    return { shared, alone, sharedAgain, wasAbove: feed.highestW() > FEED_W };
  } finally {
    await feed.close();
    await cloud?.close();
    await removeDatabase(folder);
  }
};

export const isSite12 = ({ shared, alone, sharedAgain, wasAbove }: FeedSeen): boolean =>
  shared.join() === SHARED.join() &&
  alone.join() === ALONE.join() &&
  sharedAgain.join() === SHARED.join() &&
  !wasAbove;
