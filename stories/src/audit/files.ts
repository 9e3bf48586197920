import {
  auditBundle,
  auditCheckpoint,
  bill as billSchema,
  canonicalJson,
  canonicalText,
  signedChainState,
  type AuditCheckpoint,
  type Bill,
  type JsonValue,
} from '@roamgrid/wire';
import type { Door } from './doors.ts';

/** An auditor's two files, as texts in their one form: docs/audit-bundle.md. */

const pathOf = ({ url }: Door): string => `${url}/auditor/v1`;

const stateAt = (door: Door, blocks?: number) => {
  const query = blocks === undefined ? '' : `?blocks=${blocks}`;
  return door.ask('GET', `${pathOf(door)}/checkpoint${query}`, undefined, signedChainState);
};

/**
 * The state of the chain that every utility that is asked vouches for: as far as the one that has read the least.
 * @throws Error when two of them have different chains
 */
export const makeCheckpoint = async (doors: readonly Door[]): Promise<AuditCheckpoint> => {
  const heights = await Promise.all(doors.map(async (door) => (await stateAt(door)).blocks));
  const least = Math.min(...heights);
  const states = await Promise.all(doors.map((door) => stateAt(door, least)));
  const [first] = states;
  if (first === undefined) throw new Error('a checkpoint needs utilities that sign it');
  const { signature: _first, ...state } = first;
  for (const { root, hash, channel, signature } of states)
    if (root !== state.root || hash !== state.hash || channel !== state.channel)
      throw new Error(`${signature.iss} has another chain of ${least} blocks than ${first.signature.iss}`);
  const signatures = states.map(({ signature }) => signature);
  return { format: 'roamgrid-checkpoint', version: 1, ...state, signatures };
};

export const checkpointText = (checkpoint: AuditCheckpoint): string =>
  canonicalText(auditCheckpoint, checkpoint);

/** One bill's file, from the first of the gateways that has the session's bodies. @throws what the last one said */
export const bundleText = async (
  doors: readonly Door[],
  sessionId: string,
  { blocks }: AuditCheckpoint,
): Promise<string> => {
  let refusal: unknown = new Error('a bundle needs a gateway to ask');
  for (const door of doors) {
    try {
      const url = `${pathOf(door)}/bundles/${sessionId}?blocks=${blocks}`;
      return canonicalText(auditBundle, await door.ask('GET', url, undefined, auditBundle));
    } catch (thrown) {
      refusal = thrown;
    }
  }
  throw refusal;
};

/** What lines come to in the bill's currency. */
const inBill = (
  lines: readonly { readonly micros: bigint; readonly exchanged?: { readonly micros: bigint } }[],
): string => lines.reduce((sum, { micros, exchanged }) => sum + (exchanged?.micros ?? micros), 0n).toString();

/** Of a bill what its sessions and those that it corrects prove; its period and whether it was paid are home's word alone. */
const provable = ({
  utilityId,
  currency,
  lines,
  corrections,
  bookings,
  given,
  ...sums
}: Bill): JsonValue => ({
  utilityId,
  currency,
  lines: lines.map(({ exchanged, ...line }) => ({
    sessionId: line.sessionId,
    vun: line.vun,
    startMs: line.startMs,
    endMs: line.endMs,
    energyWh: line.energyWh.toString(),
    meteredBy: line.meteredBy,
    totalMicros: line.totalMicros.toString(),
    driverShareMicros: line.driverShareMicros.toString(),
    ...(exchanged && {
      exchanged: {
        ...exchanged,
        rateMicros: exchanged.rateMicros.toString(),
        totalMicros: exchanged.totalMicros.toString(),
        driverShareMicros: exchanged.driverShareMicros.toString(),
      },
    }),
  })),
  ...(corrections && {
    corrections: corrections.map(({ sessionId, outcome, totalMicros, driverShareMicros }) => ({
      sessionId,
      outcome,
      totalMicros: totalMicros.toString(),
      driverShareMicros: driverShareMicros.toString(),
    })),
  }),
  ...(bookings && { bookingsMicros: inBill(bookings) }),
  ...(given && { givenMicros: inBill(given) }),
  sessionsMicros: sums.sessionsMicros.toString(),
  creditMicros: sums.creditMicros.toString(),
  payableMicros: sums.payableMicros.toString(),
});

interface Parts {
  readonly blocks: readonly { readonly number: number }[];
  readonly channel: string;
  readonly format: string;
  readonly version: number;
}

/**
 * A driver's bill with every session on it and every one that it corrects, each with its clearing; a block that several need stands
 * once.
 */
export const billBundleText = async (
  doors: readonly Door[],
  bill: Bill,
  checkpoint: AuditCheckpoint,
): Promise<string> => {
  const blocks = new Map<number, Parts['blocks'][number]>();
  const partOf = async (sessionId: string): Promise<object> => {
    const text = await bundleText(doors, sessionId, checkpoint);
    const {
      blocks: own,
      channel: _channel,
      format: _format,
      version: _version,
      ...session
    } = JSON.parse(text) as Parts;
    for (const block of own) blocks.set(block.number, block);
    return session;
  };
  const partsOf = async (of: readonly { readonly sessionId: string }[]): Promise<object[]> => {
    const parts: object[] = [];
    for (const { sessionId } of of) parts.push(await partOf(sessionId));
    return parts;
  };
  const sessions = await partsOf(bill.lines);
  const corrected = await partsOf(bill.corrections ?? []);
  const ascending = [...blocks.values()].sort((a, b) => a.number - b.number);
  const { channel } = checkpoint;
  const file = {
    format: 'roamgrid-bill',
    version: 1,
    channel,
    bill: provable(bill),
    blocks: ascending,
    sessions,
    ...(bill.corrections && { corrected }),
  };
  return canonicalJson(file as unknown as JsonValue);
};

/** A bill as its home utility gave it: alone, or in a file. @throws Error */
export const readBill = (text: string): Bill => billSchema.parse(JSON.parse(text));
