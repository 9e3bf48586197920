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

/** A whole number below 2^16 as eight bytes: a number or a double, either end first. The numbers of shares end like the first of them. */
const spellings = (value: bigint): readonly string[] => {
  const [whole, double] = [Buffer.alloc(8), Buffer.alloc(8)];
  whole.writeBigUInt64BE(value);
  double.writeDoubleBE(Number(value));
  return [whole, double].flatMap((bytes) => [
    bytes.toString('hex'),
    Buffer.from(bytes).reverse().toString('hex'),
  ]);
};

/** All of these have so many zero bytes in a row, which chance seldom writes. */
const ZEROS = Buffer.alloc(4);

/** Every body of a message, read from base64 as it was sent, one after the other. */
const bodiesOf = (capture: Buffer): Buffer =>
  Buffer.concat(
    [...capture.toString('latin1').matchAll(/"body":"([A-Za-z0-9+/=]*)"/gu)].map(([, body = '']) =>
      Buffer.from(body, 'base64'),
    ),
  );

/** Secrets that are found in a capture: as numbers of its text, or as bytes of it or of its messages' bodies. */
export const foundIn = (capture: Buffer, secretsW: readonly bigint[]): readonly bigint[] => {
  const written = new Set<string>();
  const bodies = bodiesOf(capture);
  for (const bytes of [capture, bodies]) {
    for (const [, digits = ''] of bytes.toString('latin1').matchAll(/["[:,](\d{1,6})["\],}]/gu))
      written.add(digits);
    for (let at = bytes.indexOf(ZEROS); at >= 0; at = bytes.indexOf(ZEROS, at + 1))
      for (let from = Math.max(0, at - 4); from <= at; from += 1)
        written.add(bytes.subarray(from, from + 8).toString('hex'));
  }
  return [...new Set(secretsW)].filter((value) =>
    [value.toString(), ...spellings(value)].some((spelling) => written.has(spelling)),
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
