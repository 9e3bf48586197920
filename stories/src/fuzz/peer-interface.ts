import { status } from '@grpc/grpc-js';
import { discovery, gateway, gossip, orderer, peer } from '@hyperledger/fabric-protos';
import { ledgerCommands, ledgerQueries } from '@roamgrid/wire';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { LedgerEndpoint } from '../system/ledger.ts';
import type { Dice } from './dice.ts';
import { fitting, type Schema } from './from-schema.ts';
import { callStream, callUnary, peerClient, type Ended } from './grpc-call.ts';
import type { Interface, Tried } from './interface.ts';
import { hostileText, mutated } from './mutate.ts';
import type { Verdict } from './outcome.ts';
import type { Pool } from './pool.ts';
import { evaluateRequest, type Signer } from './signed-proposal.ts';

interface Method {
  readonly path: string;
  readonly isStream: boolean;
}

const SERVICES = [
  gateway.GatewayService,
  peer.EndorserService,
  peer.DeliverService,
  orderer.AtomicBroadcastService,
  discovery.DiscoveryService,
  gossip.GossipService,
  peer.SnapshotService,
] as const;

const METHODS: readonly Method[] = [
  ...SERVICES.flatMap((service) =>
    Object.values(
      service as Record<string, { path: string; requestStream: boolean; responseStream: boolean }>,
    ).map(({ path, requestStream, responseStream }) => ({ path, isStream: requestStream || responseStream })),
  ),
  { path: '/nothing.Known/Here', isStream: false },
];

const EVALUATE = gateway.GatewayService.evaluate.path;
/** Ends of a call that say nothing about what was wrong. */
const UNTYPED: ReadonlySet<status> = new Set([
  status.UNKNOWN,
  status.INTERNAL,
  status.DATA_LOSS,
  status.UNAVAILABLE,
]);
/** What our contracts say when they refuse. */
const CONTRACT_CODE = /[A-Z][A-Z_]{2,}: /;

interface Verb {
  readonly name: string;
  readonly schema: Schema;
}

const verbs: readonly Verb[] = [ledgerCommands, ledgerQueries].flatMap((contracts) =>
  Object.entries(contracts as Record<string, Record<string, z.ZodType>>).flatMap(([contract, transactions]) =>
    Object.entries(transactions).map(([transaction, schema]) => ({
      name: `${contract}:${transaction}`,
      schema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema,
    })),
  ),
);

/** A field of a protocol buffers message with any content. Spec: Protocol Buffers, "Encoding". */
const drawMessage = (dice: Dice, depth = 0): Buffer => {
  const varint = (value: number): Buffer => {
    const bytes: number[] = [];
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
    return Buffer.from([...bytes, rest]);
  };
  const fields = Array.from({ length: dice.below(5) }, () => {
    const number = 1 + dice.below(dice.percent(90) ? 8 : 5_000);
    if (dice.percent(25)) return Buffer.concat([varint(number * 8), varint(dice.below(2 ** 32))]);
    const content =
      depth < 4 && dice.percent(60)
        ? drawMessage(dice, depth + 1)
        : dice.percent(50)
          ? Buffer.from(hostileText(dice).slice(0, 2_000))
          : dice.bytes(60);
    return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
  });
  return Buffer.concat(fields);
};

const drawArguments = (pool: Pool, dice: Dice): readonly string[] => {
  const verb = dice.pickAny(verbs);
  if (verb === undefined) return [];
  const fit = pool.filled(dice.draw(fitting(verb.schema)), dice);
  const kind = dice.below(10);
  const name = kind < 8 ? verb.name : hostileText(dice).slice(0, 200);
  const value = JSON.stringify(kind % 2 === 0 ? mutated(fit, dice) : fit);
  if (kind === 7) return [name, dice.damaged(Buffer.from(value)).toString()];
  if (kind === 9) return dice.pick([[], [name], [name, value, value], [name.split(':')[0] ?? '', value]]);
  return [name, value];
};

/** Fabric's endorser itself says what is wrong with a proposal under this code alone. */
const ENDORSE = peer.EndorserService.processProposal.path;
const ENDORSER_REASON = /^[A-Za-z].+ (?:is nil|is empty|not found|proposal|denied|invalid|spec|input)/;

/** Fabric's gateway says under this code that nobody of an organisation runs the contract that was asked for, or the channel. */
const NOBODY_THERE = /^failed to (?:find any endorsing peers for org\(s\): |get config for channel \[)/;

/** How Fabric's gateway tells what a contract said. */
const CONTRACT_ANSWER = /chaincode response \d{3}, [A-Z][A-Z_]{2,}: /;

const judgeEnd = ({ code, text }: Ended, path: string, isContract = false): Verdict => {
  if (code === status.DEADLINE_EXCEEDED) return 'hang';
  if (path === ENDORSE && code === status.UNKNOWN && ENDORSER_REASON.test(text)) return 'good';
  if (code === status.UNAVAILABLE && NOBODY_THERE.test(text)) return 'good';
  // A request that was damaged where nobody looks reaches the contract like any other.
  if (path === EVALUATE && CONTRACT_ANSWER.test(text)) return 'good';
  if (UNTYPED.has(code) && !(isContract && CONTRACT_CODE.test(text))) return 'untyped';
  if (isContract && code !== status.OK && !CONTRACT_CODE.test(text)) return 'untyped';
  return 'good';
};

/** An organisation's peer, and through it the contracts. */
export const peerInterface = (endpoint: LedgerEndpoint, pool: Pool, role = 'operator'): Interface => {
  // An auditor’s peer keeps the chain and runs no contracts.
  const hasContracts = role !== 'auditor';
  const client = peerClient(endpoint);
  const { certificatePath, privateKeyPath } = endpoint.user(role);
  const signer: Signer = {
    mspId: endpoint.mspId,
    channel: endpoint.channel,
    certificate: readFileSync(certificatePath),
    key: createPrivateKey(readFileSync(privateKeyPath)),
  };
  const tryContract = async (dice: Dice, boundMs: number): Promise<Tried> => {
    const args = drawArguments(pool, dice);
    const ended = await callUnary(client, EVALUATE, evaluateRequest(signer, args), boundMs);
    return {
      verdict: judgeEnd(ended, EVALUATE, true),
      told: () =>
        `evaluate ${JSON.stringify(args).slice(0, 400)} → ${ended.code} ${ended.text.slice(0, 300)}`,
    };
  };
  const tryMethod = async (dice: Dice, boundMs: number): Promise<Tried> => {
    const method = dice.pickAny(METHODS) ?? { path: EVALUATE, isStream: false };
    const kind = dice.below(3);
    const draw = (): Buffer =>
      kind === 0
        ? dice.bytes(200)
        : kind === 1
          ? drawMessage(dice)
          : dice.damaged(evaluateRequest(signer, drawArguments(pool, dice)));
    const messages = Array.from({ length: method.isStream ? 1 + dice.below(3) : 1 }, draw);
    const ended = method.isStream
      ? await callStream(client, method.path, messages, boundMs)
      : await callUnary(client, method.path, messages[0] ?? Buffer.alloc(0), boundMs);
    return {
      verdict: judgeEnd(ended, method.path),
      told: () => `${method.path}, kind ${kind} → ${ended.code} ${ended.text.slice(0, 300)}`,
    };
  };
  return {
    name: `peer ${endpoint.mspId}`,
    at: Number(endpoint.address.split(':').at(-1)),
    tryOne: (dice, boundMs) =>
      hasContracts && dice.percent(50) ? tryContract(dice, boundMs) : tryMethod(dice, boundMs),
    isAlive: async () => {
      const { code } = await callUnary(client, '/nothing.Known/Here', Buffer.alloc(0), 60_000);
      return code === status.UNIMPLEMENTED;
    },
  };
};
