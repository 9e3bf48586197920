import { instantText } from '../edge/instant.ts';
import type { Subprotocol } from '../edge/rpc.ts';
import type { IdToken } from '../token/read-token.ts';

/** What a simulated station can be asked to do. */
export interface Obeying {
  readonly protocol: Subprotocol;
  readonly outlets: number;
  readonly nowMs: () => number;
  begin(evse: number, token: IdToken, remoteStart: number | undefined): boolean;
  end(transactionId: string): boolean;
}

/** What it was asked, and what it remembers of it. */
export interface Memory {
  readonly asked: { readonly action: string; readonly payload: unknown }[];
  readonly profiles: Map<number, Schedule>;
  readonly reservations: Map<number, unknown>;
  readonly shown: Map<number, string>;
  readonly settings: Map<string, string>;
  /** The cost that a driver reads, by transaction. */
  readonly costs: Map<string, number>;
}

interface Schedule {
  readonly chargingRateUnit: string;
  readonly startSchedule?: string;
  readonly chargingSchedulePeriod: readonly object[];
}

export const createMemory = (): Memory => ({
  asked: [],
  profiles: new Map(),
  reservations: new Map(),
  shown: new Map(),
  settings: new Map([['HeartbeatInterval', '300']]),
  costs: new Map(),
});

interface Payload {
  readonly connectorId?: number;
  readonly evseId?: number;
  readonly evse?: { readonly id: number };
  readonly idTag?: string;
  readonly idToken?: IdToken;
  readonly remoteStartId?: number;
  readonly transactionId?: string | number;
  readonly reservationId?: number;
  readonly id?: number;
  readonly chargingProfileId?: number;
  readonly csChargingProfiles?: { readonly chargingProfileId: number; readonly chargingSchedule: Schedule };
  readonly chargingProfile?: { readonly id: number; readonly chargingSchedule: readonly Schedule[] };
  readonly duration?: number;
  readonly message?: { readonly id: number; readonly message: { readonly content: string } };
  readonly totalCost?: number;
  readonly key?: readonly string[] | string;
  readonly value?: string;
  readonly getVariableData?: readonly Variable[];
  readonly setVariableData?: readonly Variable[];
}
interface Variable {
  readonly component: { readonly name: string };
  readonly variable: { readonly name: string };
  readonly attributeValue?: string;
}

const yes = (isDone: boolean): object => ({ status: isDone ? 'Accepted' : 'Rejected' });

type Answer = (payload: Payload, about: Obeying, memory: Memory) => object;

const compositeOf = (
  { connectorId, evseId, duration = 0 }: Payload,
  { nowMs, protocol }: Obeying,
  { profiles }: Memory,
): object => {
  const [schedule] = [...profiles.values()].slice(-1);
  if (schedule === undefined) return { status: 'Rejected' };
  const { chargingRateUnit, chargingSchedulePeriod } = schedule;
  const startedAt = schedule.startSchedule ?? instantText(nowMs());
  return protocol === 'ocpp1.6'
    ? {
        status: 'Accepted',
        connectorId,
        scheduleStart: startedAt,
        chargingSchedule: { duration, chargingRateUnit, chargingSchedulePeriod },
      }
    : {
        status: 'Accepted',
        schedule: { evseId, duration, scheduleStart: startedAt, chargingRateUnit, chargingSchedulePeriod },
      };
};

const start: Answer = ({ connectorId, evseId, idTag, idToken, remoteStartId }, { begin, outlets }) => {
  const evse = connectorId ?? evseId ?? 1;
  const token = idToken ?? { idToken: idTag ?? '', type: 'Central' };
  return yes(evse <= outlets && begin(evse, token, remoteStartId));
};
const stop: Answer = ({ transactionId }, { end }) => yes(end(String(transactionId)));

const setProfile: Answer = ({ csChargingProfiles, chargingProfile }, _about, { profiles }) => {
  const [schedule] = chargingProfile?.chargingSchedule ?? [];
  if (csChargingProfiles !== undefined)
    profiles.set(csChargingProfiles.chargingProfileId, csChargingProfiles.chargingSchedule);
  if (chargingProfile !== undefined && schedule !== undefined) profiles.set(chargingProfile.id, schedule);
  return yes(true);
};

const clearProfile: Answer = ({ id, chargingProfileId }, _about, { profiles }) => {
  const named = id ?? chargingProfileId;
  const had = named === undefined ? profiles.size > 0 : profiles.delete(named);
  if (named === undefined) profiles.clear();
  return { status: had ? 'Accepted' : 'Unknown' };
};

const variables = (
  asked: readonly Variable[],
  answer: (name: string, value: string | undefined) => object,
): readonly object[] =>
  asked.map(({ component, variable, attributeValue }) => ({
    component,
    variable,
    ...answer(variable.name, attributeValue),
  }));

/** Both versions’ names of what it can do; what is not here it does not know. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  RemoteStartTransaction: start,
  RequestStartTransaction: start,
  RemoteStopTransaction: stop,
  RequestStopTransaction: stop,
  ReserveNow: ({ reservationId, id, ...rest }, _about, { reservations }) => {
    reservations.set(reservationId ?? id ?? 0, rest);
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
};

export const obey = (action: string, payload: never, about: Obeying, memory: Memory): object | undefined => {
  memory.asked.push({ action, payload });
  return ANSWERS[action]?.(payload, about, memory);
};
