import { instantText } from '../edge/instant.ts';
import type { Subprotocol } from '../edge/rpc.ts';
import type { IdToken } from '../token/read-token.ts';
import { Profiles, type ProfileView } from './profiles.ts';
import { readProfile, type ToldProfile } from './read-profile.ts';

/** What a simulated station can be asked to do. */
export interface Obeying {
  readonly protocol: Subprotocol;
  readonly outlets: number;
  readonly nowMs: () => number;
  /** What an outlet has at most. */
  readonly mostTenthsOfWatt: number;
  begin(evse: number, token: IdToken, remoteStart: number | undefined): boolean;
  end(transactionId: string): boolean;
  viewOf(evse: number): ProfileView;
  isCharging(evse: number): boolean;
}

/** What it was asked, and what it remembers of it. */
export interface Memory {
  readonly asked: { readonly action: string; readonly payload: unknown }[];
  /** Actions that it refuses from now on. */
  readonly refuses: Set<string>;
  readonly profiles: Profiles;
  /** What it keeps for whom. */
  readonly reservations: Map<number, KeptOutlet>;
  /** What it answers to an action in the place of its own, until it is taken away. */
  readonly says: Map<string, string>;
  readonly shown: Map<number, string>;
  readonly settings: Map<string, string>;
  /** The cost that a driver reads, by transaction. */
  readonly costs: Map<string, number>;
  /** Tariffs of transactions that were changed, and those for anybody, by outlet. */
  readonly tariffs: Map<string, ToldTariff>;
}

/** An outlet that is kept for a token, or for a group of them. */
export interface KeptOutlet {
  readonly evse: number;
  readonly token: string;
  readonly group: string | undefined;
}

export interface ToldTariff {
  readonly tariffId: string;
}

export const createMemory = (): Memory => ({
  asked: [],
  refuses: new Set(),
  profiles: new Profiles(),
  reservations: new Map(),
  says: new Map(),
  shown: new Map(),
  settings: new Map([['HeartbeatInterval', '300']]),
  costs: new Map(),
  tariffs: new Map(),
});

interface Payload {
  readonly connectorId?: number;
  readonly evseId?: number;
  readonly evse?: { readonly id: number };
  readonly idTag?: string;
  readonly parentIdTag?: string;
  readonly groupIdToken?: IdToken;
  readonly idToken?: IdToken;
  readonly remoteStartId?: number;
  readonly transactionId?: string | number;
  readonly reservationId?: number;
  readonly id?: number;
  readonly chargingProfileId?: number;
  readonly csChargingProfiles?: ToldProfile;
  readonly chargingProfile?: ToldProfile;
  readonly chargingProfilePurpose?: string;
  readonly stackLevel?: number;
  readonly chargingProfileCriteria?: Criteria;
  readonly chargingRateUnit?: string;
  readonly duration?: number;
  readonly message?: { readonly id: number; readonly message: { readonly content: string } };
  readonly totalCost?: number;
  readonly tariff?: ToldTariff;
  readonly tariffIds?: readonly string[];
  readonly key?: readonly string[] | string;
  readonly value?: string;
  readonly getVariableData?: readonly Variable[];
  readonly setVariableData?: readonly Variable[];
}
interface Criteria {
  readonly evseId?: number;
  readonly chargingProfilePurpose?: string;
  readonly stackLevel?: number;
}
interface Variable {
  readonly component: { readonly name: string };
  readonly variable: { readonly name: string; readonly instance?: string };
  readonly attributeValue?: string;
}

const yes = (isDone: boolean): object => ({ status: isDone ? 'Accepted' : 'Rejected' });

type Answer = (payload: Payload, about: Obeying, memory: Memory) => object;

/** Longer ones are put together no further. */
const LONGEST_S = 86_400;
const TENTHS = 10;

const compositeOf = (
  { connectorId, evseId, duration = 0, chargingRateUnit }: Payload,
  { nowMs, protocol, viewOf, mostTenthsOfWatt }: Obeying,
  { profiles }: Memory,
): object => {
  const [atMs, durationS] = [nowMs(), Math.min(duration, LONGEST_S)];
  const view = viewOf(connectorId ?? evseId ?? 0);
  const units = chargingRateUnit === undefined ? ['A', 'W'] : [chargingRateUnit];
  const composed = units.map((unit) => {
    // Of amperes it does not know what it has.
    const most = unit === 'W' ? { mostTenths: mostTenthsOfWatt } : {};
    return { unit, periods: profiles.compose(unit, atMs, durationS, { ...view, ...most }) };
  });
  const { unit, periods } = composed.find((one) => one.periods !== undefined) ?? {};
  if (unit === undefined || periods === undefined) return { status: 'Rejected' };
  const scheduleStart = instantText(atMs);
  const schedule = {
    duration: durationS,
    chargingRateUnit: unit,
    chargingSchedulePeriod: periods.map(({ startS, limitTenths }) => ({
      startPeriod: startS,
      limit: limitTenths / TENTHS,
    })),
  };
  return protocol === 'ocpp1.6'
    ? { status: 'Accepted', connectorId, scheduleStart, chargingSchedule: schedule }
    : { status: 'Accepted', schedule: { evseId, scheduleStart, ...schedule } };
};

const start: Answer = ({ connectorId, evseId, idTag, idToken, remoteStartId }, { begin, outlets }) => {
  const evse = connectorId ?? evseId ?? 1;
  const token = idToken ?? { idToken: idTag ?? '', type: 'Central' };
  return yes(evse <= outlets && begin(evse, token, remoteStartId));
};
const stop: Answer = ({ transactionId }, { end }) => yes(end(String(transactionId)));

const setProfile: Answer = (
  { connectorId, evseId, csChargingProfiles, chargingProfile },
  _about,
  { profiles },
) => {
  const told = csChargingProfiles ?? chargingProfile;
  const profile = told && readProfile(connectorId ?? evseId ?? 0, told);
  if (profile !== undefined) profiles.set(profile);
  return yes(profile !== undefined);
};

/** By its id, or all that fit what is said of them. */
const clearProfile: Answer = (payload, _about, { profiles }) => {
  const id = payload.id ?? payload.chargingProfileId;
  const { evseId, chargingProfilePurpose, stackLevel } = {
    ...{ evseId: payload.connectorId, chargingProfilePurpose: payload.chargingProfilePurpose },
    stackLevel: payload.stackLevel,
    ...payload.chargingProfileCriteria,
  };
  const isSaid = (wanted: unknown, has: unknown): boolean => wanted === undefined || wanted === has;
  const gone = profiles.clear(
    (profile) =>
      isSaid(id, profile.id) &&
      isSaid(evseId, profile.evse) &&
      isSaid(chargingProfilePurpose, profile.purpose) &&
      isSaid(stackLevel, profile.stackLevel),
  );
  return { status: gone > 0 ? 'Accepted' : 'Unknown' };
};

const variables = (
  asked: readonly Variable[],
  answer: (name: string, value: string | undefined) => object,
): readonly object[] =>
  asked.map(({ component, variable, attributeValue }) => ({
    component,
    variable,
    ...answer(
      variable.instance === undefined ? variable.name : `${variable.name}/${variable.instance}`,
      attributeValue,
    ),
  }));

/** Both versions’ names of what it can do; what is not here it does not know. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  RemoteStartTransaction: start,
  RequestStartTransaction: start,
  RemoteStopTransaction: stop,
  RequestStopTransaction: stop,
  ReserveNow: (payload, { isCharging }, { reservations }) => {
    const { reservationId, id, connectorId, evseId, idTag, idToken, parentIdTag, groupIdToken } = payload;
    const evse = connectorId ?? evseId ?? 0;
    if (isCharging(evse)) return { status: 'Occupied' };
    const token = idToken?.idToken ?? idTag ?? '';
    const group = groupIdToken?.idToken ?? parentIdTag;
    reservations.set(reservationId ?? id ?? 0, { evse, token, group });
    return yes(true);
  },
  CancelReservation: ({ reservationId = 0 }, _about, { reservations }) =>
    yes(reservations.delete(reservationId)),
  ChangeAvailability: () => yes(true),
  SetChargingProfile: setProfile,
  ClearChargingProfile: clearProfile,
  GetCompositeSchedule: compositeOf,
  UpdateFirmware: (_payload, { protocol }) => (protocol === 'ocpp1.6' ? {} : yes(true)),
  SignedUpdateFirmware: () => yes(true),
  GetDiagnostics: () => ({ fileName: 'diagnostics.log' }),
  GetLog: () => ({ ...yes(true), filename: 'log.txt' }),
  TriggerMessage: () => yes(true),
  UnlockConnector: () => ({ status: 'Unlocked' }),
  Reset: () => yes(true),
  SetDisplayMessage: ({ message }, _about, { shown }) => {
    if (message !== undefined) shown.set(message.id, message.message.content);
    return yes(message !== undefined);
  },
  ClearDisplayMessage: ({ id = 0 }, _about, { shown }) => ({
    status: shown.delete(id) ? 'Accepted' : 'Unknown',
  }),
  CostUpdated: ({ transactionId, totalCost = 0 }, _about, { costs }) => {
    costs.set(String(transactionId), totalCost);
    return {};
  },
  GetConfiguration: ({ key = [] }, _about, { settings }) => {
    const names = [key].flat();
    return {
      configurationKey: names.flatMap((name) =>
        settings.has(name) ? [{ key: name, readonly: false, value: settings.get(name) }] : [],
      ),
      unknownKey: names.filter((name) => !settings.has(name)),
    };
  },
  ChangeConfiguration: ({ key, value = '' }, _about, { settings }) => {
    if (typeof key !== 'string' || !settings.has(key)) return { status: 'NotSupported' };
    settings.set(key, value);
    return yes(true);
  },
  GetVariables: ({ getVariableData = [] }, _about, { settings }) => ({
    getVariableResult: variables(getVariableData, (name) =>
      settings.has(name)
        ? { attributeStatus: 'Accepted', attributeValue: settings.get(name) }
        : { attributeStatus: 'UnknownVariable' },
    ),
  }),
  SetVariables: ({ setVariableData = [] }, _about, { settings }) => ({
    setVariableResult: variables(setVariableData, (name, value = '') => {
      if (!settings.has(name)) return { attributeStatus: 'UnknownVariable' };
      settings.set(name, value);
      return { attributeStatus: 'Accepted' };
    }),
  }),
  NotifyAllowedEnergyTransfer: () => yes(true),
  SetDefaultTariff: ({ evseId = 0, tariff }, _about, { tariffs }) => {
    if (tariff !== undefined) tariffs.set(`EVSE ${evseId}`, tariff);
    return yes(tariff !== undefined);
  },
  ChangeTransactionTariff: ({ transactionId, tariff }, _about, { tariffs }) => {
    if (tariff !== undefined) tariffs.set(String(transactionId), tariff);
    return yes(tariff !== undefined);
  },
  GetTariffs: (_payload, _about, { tariffs }) => {
    const tariffAssignments = [...tariffs].flatMap(([place, { tariffId }]) => {
      const [, evse] = /^EVSE (\d+)$/.exec(place) ?? [];
      return evse === undefined ? [] : [{ tariffId, tariffKind: 'DefaultTariff', evseIds: [Number(evse)] }];
    });
    return tariffAssignments.length === 0
      ? { status: 'NoTariff' }
      : { status: 'Accepted', tariffAssignments };
  },
  ClearTariffs: ({ tariffIds, evseId }, _about, { tariffs }) => {
    const gone = [...tariffs].filter(
      ([place, { tariffId }]) =>
        place.startsWith('EVSE ') &&
        (tariffIds?.includes(tariffId) ?? true) &&
        (evseId === undefined || place === `EVSE ${evseId}`),
    );
    for (const [place] of gone) tariffs.delete(place);
    return {
      clearTariffsResult:
        gone.length === 0
          ? [{ status: 'NoTariff' }]
          : gone.map(([, { tariffId }]) => ({ tariffId, status: 'Accepted' })),
    };
  },
};

export const obey = (action: string, payload: never, about: Obeying, memory: Memory): object | undefined => {
  memory.asked.push({ action, payload });
  const said = memory.says.get(action);
  if (said !== undefined) return { status: said };
  if (memory.refuses.has(action)) return yes(false);
  return ANSWERS[action]?.(payload, about, memory);
};
