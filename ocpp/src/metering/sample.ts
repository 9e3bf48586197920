/** One sampled value, whatever the version that told it. */
export interface Sample {
  /** As decimal text; 2.x sends JSON numbers, whose shortest text is exact up to 15 digits. */
  readonly value?: string;
  readonly context?: string;
  readonly measurand?: string;
  readonly phase?: string;
  readonly location?: string;
  readonly unit?: string;
  /** Power of ten that the value is multiplied by, 2.x. */
  readonly multiplier?: number;
  readonly signed?: SignedSample;
}

export interface SignedSample {
  readonly data: string;
  readonly encoding: string;
  readonly publicKey?: string;
}

/** What was sampled at one instant. */
export interface SampledAt {
  readonly atMs: number;
  readonly samples: readonly Sample[];
}
