import type { StationDefinition } from '../../system/consortium.ts';
import type { OfflineStage } from '../stage.ts';
import { Garage } from './garage.ts';
import { LocalNetwork } from './local-network.ts';
import type { StoryTime } from './story-time.ts';

/** All chargers of a station, each in a process of its own, on one local network of sockets and without any other. */
export const openRow = async (
  stage: OfflineStage,
  time: StoryTime,
  station: StationDefinition,
  folder: string,
): Promise<readonly Garage[]> => {
  const network = new LocalNetwork(station.outlets.map(({ evseId }) => evseId));
  const opened = await Promise.allSettled(
    [...station.outlets.keys()].map((at) => Garage.setUp(stage, time, station, { folder, at, network })),
  );
  const row = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed === undefined) return row;
  for (const garage of row) await garage.close();
  throw failed.reason;
};
