import type { RecordedSession } from '@roamgrid/station';
import type { UtilityDefinition } from '../system/consortium.ts';

/** Utilities of a replay: one owns the recorded stations, two issue the cards. Fictional, as the files name no customers. */
export const HOMES: readonly UtilityDefinition[] = [
  { utilityId: 'GBNOR', mspId: 'NorthernPowerMSP', name: 'Northern Power', countryCode: 'GB', stations: [] },
  { utilityId: 'GBSOU', mspId: 'SouthernPowerMSP', name: 'Southern Power', countryCode: 'GB', stations: [] },
];

const sorted = (texts: Iterable<string>) => [...new Set(texts)].sort();

/** An outlet's key in a file of sessions. */
export const outletKey = ({ stationId, connector }: Pick<RecordedSession, 'stationId' | 'connector'>) =>
  `${stationId}\n${connector}`;

/**
 * The visited utility with every station and outlet that the sessions name. Ids of files hold any characters, so
 * stations are numbered in their order and keep their own id as their name.
 */
export function visitedUtility(
  sessions: readonly RecordedSession[],
  timeZone: string,
  maxPowerW: bigint,
): { definition: UtilityDefinition; evseIdOf: ReadonlyMap<string, string> } {
  const evseIdOf = new Map<string, string>();
  const stations = sorted(sessions.map(({ stationId }) => stationId)).map((original, i) => {
    const number = (i + 1).toString().padStart(4, '0');
    const connectors = sorted(
      sessions.filter(({ stationId }) => stationId === original).map(({ connector }) => connector),
    );
    return {
      stationId: `PKC-${number}`,
      name: `Charge point ${original}`,
      address: `Charge point ${original}`,
      timeZone,
      outlets: connectors.map((connector, j) => {
        const evseId = `GB*PKC*E${number}*${j + 1}`;
        evseIdOf.set(outletKey({ stationId: original, connector }), evseId);
        return { evseId, meterId: `PKC-M${number}-${j + 1}`, maxPowerW };
      }),
    };
  });
  const definition = {
    utilityId: 'GBPKC',
    mspId: 'PerthKinrossMSP',
    name: 'Perth and Kinross Charging',
    countryCode: 'GB',
    stations,
  };
  return { definition, evseIdOf };
}
