import type { CommitEvent, CommitListener, Network, TxEventHandler } from 'fabric-network';

/**
 * An event is waited for so long; then its status is asked for by id. An orderer that dies takes with it what it had not
 * replicated, and of that no event ever comes.
 */
const LIMIT_MS = 10_000;

/** What became of one submitted transaction, as the own organisation's peers tell it. */
export interface CommitOutcome {
  readonly code: string;
  readonly blockNumber: bigint;
}

/**
 * Waits for the commit of a transaction and remembers how far the submission got: fabric-network starts to listen once a
 * transaction is endorsed, just before it sends it to ordering.
 */
export class CommitWatch {
  #isEndorsed = false;
  #outcome: CommitOutcome | undefined;
  #stop = (): void => undefined;

  /** Whether anything may have been sent to ordering. */
  get isEndorsed(): boolean {
    return this.#isEndorsed;
  }

  /** Undefined while nobody has told it. */
  get outcome(): CommitOutcome | undefined {
    return this.#outcome;
  }

  /** In the shape of the package's event strategies. */
  handler(transactionId: string, network: Network, mspId: string): TxEventHandler {
    let done = (): void => undefined;
    const committed = new Promise<void>((resolve) => {
      done = resolve;
    });
    const listener: CommitListener = (error: Error | undefined, event?: CommitEvent) => {
      // A peer that broke off tells nothing; the status is asked for by id then.
      if (error === undefined && event !== undefined) {
        const { blockNumber } = event.getBlockEvent();
        this.#outcome = { code: event.status, blockNumber: BigInt(blockNumber.toString()) };
      }
      done();
    };
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      try {
        network.removeCommitListener(listener);
      } catch {
        // A stream that broke has forgotten its listeners by itself, and the package throws for each.
      }
    };
    this.#stop = stop;
    return {
      startListening: async () => {
        this.#isEndorsed = true;
        const peers = network.getChannel().getEndorsers(mspId);
        await network.addCommitListener(listener, peers, transactionId);
      },
      waitForEvents: async () => {
        timer = setTimeout(done, LIMIT_MS);
        await committed;
        stop();
      },
      cancelListening: stop,
    };
  }

  /** Listens no more; twice does no harm. */
  stop(): void {
    this.#stop();
  }
}
