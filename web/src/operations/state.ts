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
  readonly limits: readonly LimitsView[];
  readonly changes: readonly {
    readonly atMs: number;
    readonly fromMicrosPerKWh: string;
    readonly toMicrosPerKWh: string;
  }[];
  readonly quality: QualityView;
  readonly model: ModelCard | undefined;
}

export interface ForecastDay {
  readonly day: string;
  readonly gateMs: number;
  readonly method: 'ensemble' | 'naive';
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

export interface TariffView {
  readonly tariffId: string;
  readonly version: number;
  readonly currency: string;
  readonly validFromMs: number;
  readonly validUntilMs: number;
  readonly boundUnder: readonly string[];
  readonly policyId: string | undefined;
  readonly forecastHash: string | undefined;
  /** Energy price before tax of each hour from now on. */
  readonly hours: readonly { readonly startMs: number; readonly microsPerKWh: string }[];
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
