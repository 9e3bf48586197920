import type { tamperRecord, unbilledSession } from '@roamgrid/wire';
import type { z } from 'zod';

/** What the operations page is told, in wire form: watts and micros are decimal strings, instants ms since the epoch. */

export interface OperationsState {
  readonly utilityName: string;
  readonly areaId: string;
  readonly timeZone: string;
  readonly nowMs: number;
  /** Measured demand of the last two days, as the grid operator recorded it on the ledger. */
  readonly load: readonly { readonly atMs: number; readonly demandW: string }[];
  readonly forecast:
    | { readonly state: 'working' }
    | { readonly state: 'failed'; readonly why: string }
    | { readonly state: 'ready'; readonly days: readonly ForecastDay[] };
  readonly tariff: TariffView | undefined;
  /** Bound versions that start within the next day, in order. */
  readonly nextTariffs: readonly TariffVersionView[];
  /** Bound versions for a place, a station or an outlet alone, that hold or start within the next day. */
  readonly localTariffs: readonly TariffVersionView[];
  readonly policy: PolicyView | undefined;
  readonly publication: PublicationView | undefined;
  readonly limits: readonly LimitsView[];
  readonly changes: readonly {
    readonly atMs: number;
    readonly fromMicrosPerKWh: string;
    readonly toMicrosPerKWh: string;
  }[];
  readonly quality: QualityView;
  readonly model: ModelCard | undefined;
  readonly unbilled: UnbilledList;
  /** Tampering with devices of the utility's sites, as the ledger has it, the newest first. */
  readonly tampering: readonly TamperView[];
  /** Stations that speak OCPP; undefined when their door does not answer. */
  readonly ocpp: OcppView | undefined;
}

/** What the door to stations of OCPP tells of them. */
export interface OcppView {
  readonly stations: readonly OcppStationView[];
  /** The newest first. */
  readonly transactions: readonly OcppTransactionView[];
  /** Energy that is in no session, the newest first. */
  readonly unbilled: readonly OcppUnbilledView[];
}

export interface OcppStationView {
  readonly stationId: string;
  readonly connection: { readonly protocol: string; readonly sinceMs: number } | undefined;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  readonly firmware: string | undefined;
  readonly outlets: readonly OcppOutletView[];
}

export interface OcppOutletView {
  /** As the station numbers it. */
  readonly at: string;
  readonly state: 'available' | 'occupied' | 'reserved' | 'unavailable' | 'faulted';
  readonly isCharging?: boolean | undefined;
  readonly errorCode?: string | undefined;
  readonly detail?: string | undefined;
}

export interface OcppTransactionView {
  readonly stationId: string;
  readonly evseId: string | null;
  readonly state: 'waiting' | 'starting' | 'open' | 'closed';
  readonly isCharging: boolean;
  readonly beganAtMs: number | null;
  readonly lastAtMs: number;
  readonly milliWh: string;
  readonly sessionId: string | null;
  readonly refusal: OcppUnbilledView['code'] | null;
  readonly end: {
    readonly state: 'due' | 'taken' | 'dropped';
    readonly meteredBy: 'meter' | 'operator';
    readonly totalMicros: string | null;
    readonly currency: string;
  } | null;
}

export interface OcppUnbilledView {
  readonly stationId: string;
  readonly evseId: string | null;
  readonly code:
    | 'refused'
    | 'no-consent'
    | 'no-token'
    | 'began-missing'
    | 'over-before-authorised'
    | 'gateway-away'
    | 'before-consent'
    | 'over-limit'
    | 'register-jump'
    | 'after-end'
    | 'end-refused'
    | 'too-many'
    | 'too-old';
  readonly milliWh: string;
  readonly detail: string;
  readonly notedAtMs: number;
}

export type UnbilledView = z.input<typeof unbilledSession>;

export type TamperView = z.input<typeof tamperRecord>;

/** Sessions that nobody pays for, newest first. */
export interface UnbilledList {
  readonly items: readonly UnbilledView[];
  /** Whether there are no more than these. */
  readonly isWhole: boolean;
}

export interface ForecastDay {
  readonly day: string;
  readonly gateMs: number;
  readonly method: 'ensemble' | 'published' | 'naive';
  readonly weather: 'none' | 'used' | 'repeated';
  readonly weatherNotes: readonly string[];
  readonly forecastHash: string;
  readonly hours: readonly {
    readonly startMs: number;
    readonly pointW: string;
    readonly low80W: string;
    readonly high80W: string;
    readonly low50W: string;
    readonly high50W: string;
  }[];
}

/** A version of a tariff, and where its prices came from. */
export interface TariffVersionView {
  readonly tariffId: string;
  readonly version: number;
  /** The place, station or outlet that it is for, in words; every outlet when left out. */
  readonly appliesTo?: string;
  readonly validFromMs: number;
  readonly validUntilMs: number;
  readonly boundUnder: readonly string[];
  readonly policyId: string | undefined;
  readonly forecastHash: string | undefined;
}

/** The version in force. */
export interface TariffView extends TariffVersionView {
  readonly currency: string;
  /** Energy price before tax of each hour from now on, each by the version that will be in force then. */
  readonly hours: readonly { readonly startMs: number; readonly microsPerKWh: string }[];
}

/** The reviewed policy in force. */
export interface PolicyView {
  readonly policyId: string;
  readonly reviewer: string;
  readonly currency: string;
  readonly baseMicrosPerKWh: string;
  readonly floorMicrosPerKWh: string;
  readonly ceilingMicrosPerKWh: string;
  readonly maxStepMicrosPerKWh: string;
  readonly noticeMinutes: number;
}

/** How the daily publication goes. */
export interface PublicationView {
  readonly gate: string;
  readonly nextGateMs: number;
  /** The newest day first. */
  readonly days: readonly {
    readonly day: string;
    readonly state: 'published' | 'refused' | 'frozen';
    /** Version and start of what was published. */
    readonly version?: number;
    readonly validFromMs?: number;
    /** Why it was refused or frozen. */
    readonly why?: string;
    readonly isRetried?: boolean;
  }[];
}

export interface LimitsView {
  readonly agreementId: string;
  readonly floorMicrosPerKWh: string;
  readonly ceilingMicrosPerKWh: string;
  readonly maxStepMicrosPerKWh: string;
  readonly noticeMs: number;
  /** Version of the rule by which demand moves the settlement, when there is one. */
  readonly adaptationVersion: number | undefined;
}

export interface QualityView {
  readonly expectedHours: number;
  readonly missingHours: number;
  readonly latestAtMs: number | undefined;
  /** Of the history that the model learnt from. */
  readonly history:
    | {
        readonly rows: number;
        readonly missing: number;
        readonly badQuality: number;
        readonly duplicates: number;
        readonly sha256: string;
      }
    | undefined;
}

export interface ModelCard {
  readonly modelId: string;
  readonly status: string;
  readonly dataCutUtc: string;
  readonly trainedAt: string;
  readonly features: number;
  readonly gate: string;
  readonly scoredFrom: string;
  readonly scoredTo: string;
  readonly mapePercent: number | null;
  readonly maseWeeklyNaive: number | null;
  readonly coverage80Percent: number | null;
  readonly note: string;
}
