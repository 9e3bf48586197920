import { serveNeighbours } from '@roamgrid/station';
import type { StationDefinition } from '../../system/consortium.ts';
import type { OfflineStage } from '../stage.ts';
import { Garage } from './garage.ts';
import type { StoryTime } from './story-time.ts';

/** What is new is told at once. */
const EVERY_MS = 1_000;

/** Ports that nobody has. */
const freePorts = async (count: number, folder: string): Promise<readonly number[]> => {
  const probes = await Promise.all(
    Array.from({ length: count }, () => serveNeighbours({ neighbours: new Map(), folder })),
  );
  for (const probe of probes) await probe.close();
  return probes.map(({ url }) => Number(new URL(url).port));
};

/** All chargers of a station, each in a process of its own, on one local network of sockets and without any other. */
export const openRow = async (
  stage: OfflineStage,
  time: StoryTime,
  station: StationDefinition,
  folder: string,
): Promise<readonly Garage[]> => {
  const ports = await freePorts(station.outlets.length, folder);
  const all = station.outlets.map(({ evseId }, at) => ({ evseId, url: `ws://127.0.0.1:${ports[at]}` }));
  return Promise.all(
    ports.map((port, at) => {
      const neighbours = { port, others: all.toSpliced(at, 1), everyMs: EVERY_MS };
      return Garage.setUp(stage, time, station, { folder, at, neighbours });
    }),
  );
};
