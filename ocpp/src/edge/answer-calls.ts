import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@roamgrid/service-kit';
import type { EdgeSettings } from './config.ts';
import { OcppFault } from './fault.ts';
import type { Answerer, Dialect, Heard } from './heard.ts';
import type { EdgeMetrics } from './metrics.ts';
import { createPace } from './pace.ts';
import { rpcFault, type RpcPeer } from './rpc.ts';
import type { Turns } from './turns.ts';

interface AnswerContext {
  readonly dialect: Dialect;
  readonly around: Omit<Heard, 'receivedAtMs'>;
  readonly limits: EdgeSettings['limits'];
  readonly turns: Turns;
  readonly metrics: EdgeMetrics;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** Told of each call that was answered, once the answer is under way. */
  readonly afterAnswer: (action: string) => void;
}

/** What was not foreseen is ours: the station is told to try again and not why. */
const asFault = (thrown: unknown, log: Logger, about: object): OcppFault => {
  if (thrown instanceof OcppFault) return thrown;
  log.error({ err: thrown, ...about }, 'a call of a station failed');
  return new OcppFault('InternalError', 'this failed here: tell it again');
};

/** Answers what a station calls: in the order in which it calls, no more a second than it may, and refused what waits beyond that. */
export const answerCalls = (peer: RpcPeer, context: AnswerContext): void => {
  const { dialect, around, limits, turns, metrics, nowMs, log, afterAnswer } = context;
  const { stationId } = around;
  const waitMs = createPace(limits.callsASecond, limits.callsAtOnce, () => performance.now());

  const answered = async (answer: Answerer, payload: never): Promise<object> => {
    const receivedAtMs = nowMs();
    if (turns.isFull(stationId)) throw new OcppFault('GenericError', 'too many calls wait for answers');
    return turns.take(stationId, async () => {
      const pauseMs = waitMs();
      if (pauseMs > 0) await sleep(pauseMs, undefined, { ref: false });
      return answer(payload, { ...around, receivedAtMs });
    });
  };

  const handle = (action: string, answer: Answerer): void => {
    peer.handle(action, async ({ params }) => {
      const took = metrics.seconds.startTimer({ action });
      try {
        const said = await answered(answer, params);
        metrics.calls.inc({ action, answer: 'done' });
        setImmediate(afterAnswer, action);
        return said;
      } catch (thrown) {
        const fault = asFault(thrown, log, { stationId, action });
        metrics.calls.inc({ action, answer: fault.code });
        throw rpcFault(fault);
      } finally {
        took();
      }
    });
  };

  for (const [action, answer] of Object.entries(dialect.answers)) handle(action, answer);
  for (const action of dialect.unsupported)
    handle(action, () => {
      throw new OcppFault('NotSupported', `${action} is not done here`);
    });
  peer.on('badMessage', () => {
    metrics.badMessages.inc();
  });
  peer.on('strictValidationFailure', ({ method, outbound, error }) => {
    if (outbound) log.error({ err: error, stationId, action: method }, 'a message of ours breaks its schema');
    else metrics.calls.inc({ action: method in dialect.answers ? method : 'other', answer: 'schema' });
  });
};
