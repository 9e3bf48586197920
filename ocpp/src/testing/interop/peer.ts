import type { CommandKind } from '../../commands/command.ts';
import type { Subprotocol } from '../../edge/rpc.ts';

/** What a peer heard: a call of ours, as it read it. */
export interface Asked {
  readonly action: string;
  readonly payload: unknown;
}

export interface PeerEndpoint {
  readonly url: string;
  readonly stationId: string;
  readonly password: string;
  /** By action: what the peer answers, where it does not decide that by itself. */
  readonly answers: Readonly<Record<string, object>>;
}

/** A station that is connected and speaks through software that is not ours. */
export interface ConnectedPeer {
  readonly asked: readonly Asked[];
  /** What we answered; rejects with our refusal. */
  say(action: string, payload: object): Promise<unknown>;
  close(): Promise<void>;
}

/** Software of somebody else, unmodified. */
export interface StationPeer {
  /** As `docs/interop.md` names it. */
  readonly name: string;
  readonly protocol: Subprotocol;
  /** What it has no answer for, and is not asked: commands, and the running cost. */
  readonly cannot?: readonly (CommandKind | 'cost')[];
  /** It begins a transaction when it is asked to. */
  readonly isWhole?: true;
  connect(endpoint: PeerEndpoint): Promise<ConnectedPeer>;
}
