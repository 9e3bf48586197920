/** Follows the ledger block by block for one client, at the pace at which it reads. */
import type { EventEmitter } from 'node:events';
import type { ChannelLedger, CommittedBlock } from '../ledger/ledger.ts';

/** What a stream to a client offers, for unary-request and for bidirectional calls alike. */
export interface ClientStream<Message> extends EventEmitter {
  readonly cancelled: boolean;
  readonly destroyed: boolean;
  write(message: Message): boolean;
}

function gone(call: { readonly cancelled: boolean; readonly destroyed: boolean }): boolean {
  return call.cancelled || call.destroyed;
}

/** Resolves when the event comes or the client goes. */
function once(call: EventEmitter, event: string): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const name of [event, 'cancelled', 'close']) call.removeListener(name, done);
      resolve();
    };
    for (const name of [event, 'cancelled', 'close']) call.once(name, done);
  });
}

/** Sends a message and waits while the client is behind. */
export async function send<Message>(call: ClientStream<Message>, message: Message): Promise<void> {
  if (!gone(call) && !call.write(message)) await once(call, 'drain');
}

/** Blocks from `start` on, waiting for new ones, until the client is gone or the ledger closes. */
export async function* blocksFrom(
  ledger: ChannelLedger,
  start: number,
  call: EventEmitter & { readonly cancelled: boolean; readonly destroyed: boolean },
): AsyncGenerator<CommittedBlock> {
  const away = new Promise<void>((resolve) => {
    call.once('cancelled', () => {
      resolve();
    });
    call.once('close', () => {
      resolve();
    });
  });
  for (let number = start; !gone(call) && !ledger.closed;) {
    const block = ledger.block(number);
    if (block === undefined) {
      await Promise.race([ledger.nextCommit(), away]);
      continue;
    }
    yield block;
    number += 1;
  }
}
