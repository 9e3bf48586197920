/** What a day of a community came to, with what went over its wires. */
export interface MeasuredCommunity {
  readonly capture: Buffer;
  /** Numbers of loads and plans that must not be in the capture, W. */
  readonly secretsW: readonly bigint[];
  /** Most on a phase in a minute, and what a phase carries. */
  readonly peakW: bigint;
  readonly phaseW: bigint;
  readonly overMinutes: number;
  readonly costMicros: bigint;
  readonly knowingAllMicros: bigint;
  readonly departuresMissed: number;
}

const PARTS_PER_MILLION = 1_000_000n;
/** At most 5 % dearer than a plan that knows all. */
const MOST_PPM = 50_000n;

/** What of a number's spellings is long enough that chance does not write it: as text, and as the numbers that cross the wire are written. */
const spellings = (value: bigint): readonly Buffer[] => {
  const bytes = Buffer.from(value.toString(16).padStart(32, '0'), 'hex');
  const double = Buffer.alloc(8);
  double.writeDoubleBE(Number(value));
  const wide = Buffer.alloc(8);
  wide.writeBigUInt64BE(value);
  return [
    bytes,
    Buffer.from(bytes).reverse(),
    ...[double, wide].flatMap((one) => [one, Buffer.from(one).reverse()]),
    Buffer.from(`"${value}"`),
    Buffer.from(`:${value},`),
    Buffer.from(`:${value}}`),
  ];
};

/** Every body of a message, read from base64 as it was sent, one after the other. */
const bodiesOf = (capture: Buffer): Buffer =>
  Buffer.concat(
    [...capture.toString('latin1').matchAll(/"body":"([A-Za-z0-9+/=]*)"/gu)].map(([, body = '']) =>
      Buffer.from(body, 'base64'),
    ),
  );

/** Secrets that are found in a capture, as it is or as its messages are read, in any of their spellings. */
export const foundIn = (capture: Buffer, secretsW: readonly bigint[]): readonly bigint[] => {
  const read = bodiesOf(capture);
  return [...new Set(secretsW)].filter((value) =>
    spellings(value).some((bytes) => capture.includes(bytes) || read.includes(bytes)),
  );
};

/** The row of a scenario for cooperating homes, from what was measured. Spec: HOME-9. */
export const communityRow = (
  measured: MeasuredCommunity,
): { readonly row: 'HOME-9'; readonly ok: boolean; readonly seen: string } => {
  const { costMicros, knowingAllMicros, peakW, phaseW, overMinutes, departuresMissed, capture } = measured;
  const found = foundIn(capture, measured.secretsW);
  const abovePpm =
    knowingAllMicros === 0n ? 0n : ((costMicros - knowingAllMicros) * PARTS_PER_MILLION) / knowingAllMicros;
  return {
    row: 'HOME-9',
    ok:
      found.length === 0 &&
      capture.length > 0 &&
      peakW <= phaseW &&
      overMinutes === 0 &&
      departuresMissed === 0 &&
      abovePpm <= MOST_PPM,
    seen:
      `${found.length} of ${measured.secretsW.length} loads found in ${capture.length} bytes, ` +
      `at most ${peakW} of ${phaseW} W on a phase, ${overMinutes} minutes above, ` +
      `charging for ${costMicros} micros, ${knowingAllMicros} by a plan that knows all (${abovePpm} ppm more), ` +
      `${departuresMissed} departures missed`,
  };
};
