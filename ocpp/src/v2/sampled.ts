import { instantOf } from '../edge/instant.ts';
import type { SampledAt, Sample } from '../metering/sample.ts';
import type { MeterValue, SampledValue } from './messages.ts';

const sampleOf = ({ value, signedMeterValue, unitOfMeasure, ...about }: SampledValue): Sample => ({
  ...about,
  value: String(value),
  ...unitOfMeasure,
  ...(signedMeterValue === undefined
    ? {}
    : {
        signed: {
          data: signedMeterValue.signedMeterData,
          encoding: signedMeterValue.encodingMethod,
          ...(signedMeterValue.publicKey === undefined ? {} : { publicKey: signedMeterValue.publicKey }),
        },
      }),
});

export const sampledOf = (told: readonly MeterValue[]): readonly SampledAt[] =>
  told.map(({ timestamp, sampledValue }) => ({
    atMs: instantOf(timestamp),
    samples: sampledValue.map(sampleOf),
  }));
