import type { CallOutcome } from '../edge/station-socket.ts';
import { getVariables, readVariables } from './variables.ts';

/** What a station of 2.1 says that it can do, as far as something here depends on it. */
export interface Abilities {
  /** It takes tariffs as objects. */
  readonly takesTariffs: boolean;
  readonly takesConditions: boolean;
  /** Prices of one kind that a tariff may have. */
  readonly mostElements: number | undefined;
  /** That it shows and calculates with. */
  readonly currency: string | undefined;
  /** By its name, as of the local time of conditions. */
  readonly timeZone: string | undefined;
  /** When its transactions begin: at the first of them. */
  readonly startPoints: readonly string[];
}

/** Of a station that says nothing. */
export const NO_ABILITIES: Abilities = {
  takesTariffs: false,
  takesConditions: false,
  mostElements: undefined,
  currency: undefined,
  timeZone: undefined,
  startPoints: [],
};

/** Spec: OCPP 2.1 part 2 appendices, TariffCostCtrlr, ClockCtrlr, TxCtrlr. */
const NAMES = {
  takesTariffs: 'TariffCostCtrlr.Enabled/Tariff',
  takesConditions: 'TariffCostCtrlr.ConditionsSupported/Tariff',
  mostElements: 'TariffCostCtrlr.MaxElements/Tariff',
  currency: 'TariffCostCtrlr.Currency',
  timeZone: 'ClockCtrlr.TimeZone',
  startPoints: 'TxCtrlr.TxStartPoint',
} as const satisfies Readonly<Record<keyof Abilities, string>>;

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;

interface Asking {
  call(action: string, payload: object): Promise<CallOutcome>;
}

/** Asks a station what it can do; undefined when it answers nothing. What it does not say, or says unreadably, it cannot. */
export const askAbilities = async (socket: Asking): Promise<Abilities | undefined> => {
  const outcome = await socket.call('GetVariables', getVariables(Object.values(NAMES)));
  if (!outcome.ok) return undefined;
  const { settings = [] } = readVariables(outcome.payload as never);
  const said = (what: keyof Abilities): string | undefined =>
    // Names are compared without case. Spec: OCPP 2.1 part 1 §4.
    settings.find(({ name }) => name.toLowerCase() === NAMES[what].toLowerCase())?.value;
  const isTrue = (what: keyof Abilities): boolean => said(what)?.toLowerCase() === 'true';
  return {
    takesTariffs: isTrue('takesTariffs'),
    takesConditions: isTrue('takesConditions'),
    mostElements: wholeNumber(said('mostElements')),
    currency: said('currency'),
    timeZone: said('timeZone'),
    startPoints: (said('startPoints') ?? '').split(',').flatMap((point) => point.trim() || []),
  };
};
