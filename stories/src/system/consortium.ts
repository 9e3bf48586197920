/** The utilities of the paper's example, and what they own. Fictional addresses; real names of real balancing areas. */
export interface OutletDefinition {
  readonly evseId: string;
  readonly meterId: string;
  readonly maxPowerW: bigint;
}

export interface StationDefinition {
  readonly stationId: string;
  readonly name: string;
  readonly address: string;
  readonly timeZone: string;
  /** The place that it is at, where tokens may be for all of a place. */
  readonly placeId?: string;
  readonly outlets: readonly OutletDefinition[];
}

export interface UtilityDefinition {
  /** Country code and party id: the first five characters of its customers' CINs. */
  readonly utilityId: string;
  readonly mspId: string;
  readonly name: string;
  readonly countryCode: string;
  readonly stations: readonly StationDefinition[];
}

export const ALABAMA_POWER: UtilityDefinition = {
  utilityId: 'USALP',
  mspId: 'AlabamaPowerMSP',
  name: 'Alabama Power',
  countryCode: 'US',
  stations: [],
};

export const DUKE_ENERGY: UtilityDefinition = {
  utilityId: 'USDUK',
  mspId: 'DukeEnergyMSP',
  name: 'Duke Energy',
  countryCode: 'US',
  stations: [
    {
      stationId: 'DUK-DURHAM-1',
      name: 'Main Street, Durham',
      address: '12 Main Street, Durham, North Carolina',
      timeZone: 'America/New_York',
      outlets: [
        { evseId: 'US*DUK*EDUR1*1', meterId: 'DUK-METER-1', maxPowerW: 50_000n },
        { evseId: 'US*DUK*EDUR1*2', meterId: 'DUK-METER-2', maxPowerW: 150_000n },
      ],
    },
  ],
};

export const GEORGIA_POWER: UtilityDefinition = {
  utilityId: 'USGPC',
  mspId: 'GeorgiaPowerMSP',
  name: 'Georgia Power',
  countryCode: 'US',
  stations: [],
};

export const AUDITOR_MSP = 'AuditorMSP';

export const UTILITIES = [ALABAMA_POWER, DUKE_ENERGY, GEORGIA_POWER] as const;

/** Roles that each utility's people and machines have on the ledger, one identity a role. */
export const UTILITY_ROLES = ['operator', 'aaa', 'station', 'grid-operator', 'registrar'] as const;
