/** Many stations of one utility, each with an outlet, a meter and keys of its own. */
import { makeKey, station, by, type Site } from '@roamgrid/chaincode/testing';
import type { JsonValue } from '@roamgrid/wire';

/** A site, and the group in which its sessions are numbered and settled. */
export interface BenchSite extends Site {
  readonly group: number;
}

/** Stations of the bench, spread over groups. */
export const makeSites = (count: number, groups: number): readonly BenchSite[] =>
  Array.from({ length: count }, (_, index) => {
    const number = (index + 1).toString().padStart(4, '0');
    return {
      group: index % groups,
      stationId: `duk-s${number}`,
      evseId: `US*DUK*ES${number}*1`,
      meterId: `DUK-S-${number}`,
      station: makeKey(`duk-station-${number}`),
      meter: makeKey(`duk-meter-${number}`),
    };
  });

/** The call that registers a site. */
export const registration = ({ group, stationId, evseId, meterId, station: key, meter }: BenchSite) => ({
  caller: by('USDUK', 'operator'),
  verb: 'consortium.registerStation',
  command: {
    station: {
      ...station(),
      stationId,
      group: `g${group}`,
      evses: [{ evseId, meterId, meterKey: { ...meter.jwk }, maxPowerW: '150000' }],
      signingKey: { ...key.jwk },
    },
  } as Record<string, JsonValue>,
});
