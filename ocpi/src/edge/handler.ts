import type { OcpiDoorVersion } from '../objects/scalars.ts';
import type { Caller } from '../partners/tokens.ts';
import type { Party } from '../partners/ask.ts';

/** One request of a partner that is known, may ask here, and asks for something that there is. */
export interface OcpiCall {
  readonly caller: Caller;
  readonly version: OcpiDoorVersion;
  /** What the path has in its places. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  /** JSON as it came, with every digit. */
  readonly body: unknown;
  readonly correlationId: string;
  /** Whom of ours and of the partner's the headers name. */
  readonly to: Party | undefined;
  readonly from: Party | undefined;
  /** The address asked, without its query. */
  readonly address: string;
}

/** What a handler answers; the envelope is put around it. */
export interface OcpiReply {
  readonly httpStatus?: 200 | 201;
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One thing that partners may ask. */
export interface OcpiRoute {
  readonly method: Method;
  /** Segments behind `/ocpi/{version}`; `*` is a place, `**` one that may be absent. */
  readonly path: string;
  /** For what it is listed in the version's details. */
  readonly module?: { readonly identifier: string; readonly role: 'SENDER' | 'RECEIVER' };
  /** Whoever has an invitation may ask too. */
  readonly beforeRegistration?: true;
  /** It has the door ask where the caller says. */
  readonly isHandshake?: true;
  handle(call: OcpiCall): Promise<OcpiReply>;
}
