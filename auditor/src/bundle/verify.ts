import { readCheckpoint, type Checkpoint } from '../checkpoint.ts';
import { Failed, hold, Unreadable } from '../failure.ts';
import { parseCanonical, type Json, type JsonObject } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { exactly, list, object, perhaps } from '../shape.ts';
import { requireBill, type BillTold } from './bill.ts';
import type { States } from './clearing.ts';
import { ProvenBlocks } from './proven-blocks.ts';
import { proveSession, SESSION_PARTS, type ProvenSession } from './session.ts';

/** One session or one bill, from one file: format in docs/audit-bundle.md. */

const VERSION = 1;
const SESSION_FORMAT = 'roamgrid-bundle';
const BILL_FORMAT = 'roamgrid-bill';

/** What the verdict rests on besides arithmetic. */
export interface Trusted {
  readonly channel: string;
  readonly blocks: number;
  readonly hash: string;
  readonly signers: readonly { readonly utilityId: string; readonly thumbprint: string }[];
}

export interface SessionTold {
  readonly sessionId: string;
  readonly currency: string;
  readonly totalMicros: bigint;
  readonly energyWh: bigint;
  /** As the registry had it when the session was settled. */
  readonly station: {
    readonly stationId: string;
    readonly countryCode: string;
    readonly placeId: string | undefined;
  };
}

/** What was proven, for people. */
export interface Told {
  readonly sessions: readonly SessionTold[];
  /** Of a bill's file. */
  readonly bill: BillTold | undefined;
  /** Records of clearing with their states. */
  readonly clearing: States;
}

export type Verdict =
  | { readonly holds: true; readonly trusted: Trusted; readonly told: Told }
  | {
      readonly holds: false;
      readonly firstFailure: string;
      /** It is not of the form that can be verified at all. */
      readonly isUnreadable: boolean;
      readonly trusted: Trusted | undefined;
    };

const TOP = ['blocks', 'channel', 'format', 'version'] as const;

const toldOf = ({ settled, record, station }: ProvenSession): SessionTold => ({
  sessionId: settled.open.sessionId,
  currency: settled.open.quote.currency,
  totalMicros: record.totalMicros,
  energyWh: record.energyWh,
  station: {
    stationId: station.stationId,
    countryCode: station.countryCode,
    placeId: station.placeId,
  },
});

interface Opened {
  readonly blocks: ProvenBlocks;
  readonly top: JsonObject;
}

const open = async (
  primitives: Primitives,
  bundle: JsonObject,
  checkpoint: Checkpoint,
  more: readonly string[],
  optional: readonly string[],
): Promise<Opened> => {
  const top = exactly(bundle, 'the bundle', [...TOP, ...more], optional);
  hold(top['version'] === VERSION, `this is no bundle of version ${VERSION}`);
  hold(top['channel'] === checkpoint.channel, 'the bundle is of another channel than the checkpoint');
  return { top, blocks: await ProvenBlocks.prove(primitives, checkpoint, top['blocks'] ?? null) };
};

const verifyOne = async (primitives: Primitives, bundle: JsonObject, by: Checkpoint): Promise<Told> => {
  const { top, blocks } = await open(primitives, bundle, by, SESSION_PARTS, ['clearing']);
  const proven = await proveSession(primitives, blocks, top);
  blocks.requireAllUsed();
  return { sessions: [toldOf(proven)], bill: undefined, clearing: proven.clearing.states };
};

const verifyBill = async (primitives: Primitives, bundle: JsonObject, by: Checkpoint): Promise<Told> => {
  const { top, blocks } = await open(primitives, bundle, by, ['bill', 'sessions'], ['corrected']);
  const proveAll = async (sessions: readonly Json[]): Promise<ProvenSession[]> => {
    const proven: ProvenSession[] = [];
    for (const each of sessions) {
      const part = exactly(each, 'a session', SESSION_PARTS, ['clearing']);
      proven.push(await proveSession(primitives, blocks, part));
    }
    return proven;
  };
  const proven = await proveAll(list(top['sessions'], 'the sessions'));
  const corrected = await proveAll(perhaps(top['corrected'], 'the corrected sessions', list) ?? []);
  blocks.requireAllUsed();
  return {
    sessions: proven.map(toldOf),
    bill: requireBill(top['bill'], proven, corrected),
    clearing: new Map([...proven, ...corrected].flatMap(({ clearing }) => [...clearing.states])),
  };
};

const verifyAll = (primitives: Primitives, file: string, checkpoint: Checkpoint): Promise<Told> => {
  const bundle = object(parseCanonical(file, 'the bundle'), 'the bundle');
  const { format } = bundle;
  hold(format === SESSION_FORMAT || format === BILL_FORMAT, `this is no bundle of version ${VERSION}`);
  return (format === SESSION_FORMAT ? verifyOne : verifyBill)(primitives, bundle, checkpoint);
};

const trustedOf = ({ channel, blocks, hash, signers }: Checkpoint): Trusted => ({
  ...{ channel, blocks, hash },
  signers: signers.map(({ utilityId, thumbprint }) => ({ utilityId, thumbprint })),
});

interface NotHolding {
  readonly firstFailure: string;
  readonly isUnreadable: boolean;
}

/** @throws whatever is no verdict */
const notHolding = (thrown: unknown): NotHolding => {
  if (!(thrown instanceof Failed || thrown instanceof Unreadable)) throw thrown;
  return { firstFailure: thrown.message, isUnreadable: thrown instanceof Unreadable };
};

/** What a checkpoint's file says, when it is one and is signed. */
export const verifyCheckpoint = async (
  primitives: Primitives,
  file: string,
): Promise<{ readonly trusted: Trusted } | NotHolding> => {
  try {
    return { trusted: trustedOf(await readCheckpoint(primitives, file)) };
  } catch (thrown) {
    return notHolding(thrown);
  }
};

/**
 * Whether a session or bill holds, by its bundle and a checkpoint alone.
 * @param file the bundle's text
 * @param checkpointFile the checkpoint's text, which is what is trusted
 */
export const verifyBundle = async (
  primitives: Primitives,
  file: string,
  checkpointFile: string,
): Promise<Verdict> => {
  let trusted: Trusted | undefined;
  try {
    const checkpoint = await readCheckpoint(primitives, checkpointFile);
    trusted = trustedOf(checkpoint);
    return { holds: true, trusted, told: await verifyAll(primitives, file, checkpoint) };
  } catch (thrown) {
    return { holds: false, ...notHolding(thrown), trusted };
  }
};
