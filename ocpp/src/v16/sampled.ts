import type { SampledAt, Sample } from '../metering/sample.ts';
import { instantOf } from '../edge/instant.ts';
import type { MeterValue, SampledValue } from './messages.ts';

const sampleOf = ({ value, format, ...about }: SampledValue): Sample =>
  format === 'SignedData'
    ? { ...about, signed: { data: value, encoding: 'SignedData' } }
    : { ...about, value };

export const sampledOf = (told: readonly MeterValue[]): readonly SampledAt[] =>
  told.map(({ timestamp, sampledValue }) => ({
    atMs: instantOf(timestamp),
    samples: sampledValue.map(sampleOf),
  }));
