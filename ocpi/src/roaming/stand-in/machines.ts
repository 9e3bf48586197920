import { call, createAssertionSigner, type CallResult } from '@roamgrid/service-kit';
import {
  agreementGround,
  cdrPage,
  demandGround,
  disputeChanges,
  driverToken,
  partnerSessionPage,
  sessionCloseBody,
  sha256Hex,
  stationEntry,
  tariffGround,
  type DriverToken,
  type SessionCloseBody,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { OcpiSettings } from '../../config.ts';

const CALL_TIMEOUT_MS = 5_000;
/** A page of records with their lines. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** The utility's own machine did not do what it was asked; `code` is its own, where it answered. */
export class MachineFault extends Error {
  override readonly name = 'MachineFault';
  readonly code: string | undefined;
  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

const must = <T>(what: string, result: CallResult<T>): T => {
  if (result.ok) return result.value;
  const { failure } = result;
  throw failure.kind === 'problem'
    ? new MachineFault(`${what}: ${failure.problem.code}: ${failure.problem.detail}`, failure.problem.code)
    : new MachineFault(`${what}: ${failure.kind}`);
};

const issuedCin = z.object({ cinRef: sha256Hex });
/** Of all that is known of a session, what its parties signed. */
const evidence = z.object({ settledBody: z.string().exactOptional() });
const registeredToken = z.object({ tokenId: z.string() });

/** What the door asks of the gateway and the AAA node of its own utility. */
export const createMachines = (
  { gatewayUrl, aaaUrl, machineKey }: NonNullable<OcpiSettings['standIn']>,
  utility: string,
) => {
  const identity = { key: machineKey, iss: 'ocpi', utility };
  const asAaa = createAssertionSigner({ ...identity, role: 'aaa' });
  const asOperator = createAssertionSigner({ ...identity, role: 'operator' });
  const ask = async <T extends z.ZodType>(
    base: string,
    sign: typeof asAaa,
    [method, path]: readonly ['GET' | 'POST' | 'PUT' | 'DELETE', string],
    answer: T | undefined,
    body?: unknown,
  ): Promise<z.output<T>> => {
    const { origin } = new URL(base);
    const result = await call({
      method,
      url: `${origin}${path}`,
      headers: { authorization: `Bearer ${await sign(origin)}` },
      ...(answer && { answer }),
      ...(body !== undefined && { body }),
      timeoutMs: CALL_TIMEOUT_MS,
      maxBytes: MAX_PAGE_BYTES,
    });
    return must<z.output<T>>(`${method} ${path}`, result);
  };
  const segment = encodeURIComponent;
  return {
    /** A further card of a customer's. */
    issueCin: (customerId: string) =>
      ask(aaaUrl, asOperator, ['POST', `/operator/v1/customers/${segment(customerId)}/cins`], issuedCin, {}),
    addToken: (cinRef: string, token: DriverToken) =>
      ask(aaaUrl, asOperator, ['POST', `/operator/v1/cins/${cinRef}/driver-tokens`], registeredToken, {
        token: driverToken.encode(token),
        // The door goes by what the partner says of it at the time.
        asksPartner: true,
      }),
    setTokenState: (tokenId: string, state: 'active' | 'blocked') =>
      ask(aaaUrl, asOperator, ['PUT', `/operator/v1/driver-tokens/${segment(tokenId)}/state`], undefined, {
        state,
      }),
    /** Forgets what a card was shown by; what is forgotten already is. */
    removeToken: async (tokenId: string): Promise<void> => {
      try {
        await ask(
          aaaUrl,
          asOperator,
          ['DELETE', `/operator/v1/driver-tokens/${segment(tokenId)}`],
          undefined,
        );
      } catch (thrown) {
        if (!(thrown instanceof MachineFault && thrown.code === 'TOKEN_NOT_FOUND')) throw thrown;
      }
    },
    /** Sessions of partners' customers that run, in the order of their ids. */
    running: (after: string) => {
      const query = new URLSearchParams({ after });
      return ask(
        aaaUrl,
        asOperator,
        ['GET', `/operator/v1/partner-sessions?${query.toString()}`],
        partnerSessionPage,
      );
    },
    /** Committed records of customers of this utility, in the order of the ledger. */
    cdrs: (after: string) => {
      const query = new URLSearchParams({ role: 'hun', after, limit: '200' });
      return ask(gatewayUrl, asAaa, ['GET', `/internal/v1/cdrs?${query.toString()}`], cdrPage);
    },
    /** Takes a record of an own station back: whole, or for what another close comes to. */
    takeBack: ({
      close,
      ...of
    }: {
      readonly sessionId: string;
      readonly statement: string;
      readonly close?: SessionCloseBody;
    }) =>
      ask(aaaUrl, asOperator, ['POST', '/operator/v1/take-backs'], undefined, {
        ...of,
        ...(close && { close: z.encode(sessionCloseBody, close) }),
      }),
    /** Disputes of such records in the order in which the ledger last changed them. */
    disputes: (after: string) => {
      const query = new URLSearchParams({ role: 'hun', after, limit: '100' });
      const path = `/internal/v1/dispute-changes?${query.toString()}`;
      return ask(gatewayUrl, asAaa, ['GET', path], disputeChanges);
    },
    agreement: (agreementId: string) =>
      ask(gatewayUrl, asAaa, ['GET', `/internal/v1/agreements/${segment(agreementId)}`], agreementGround),
    /** Grid demand that may move the price of what was charged in a span. */
    demand: (agreementId: string, startMs: number, endMs: number) =>
      ask(
        gatewayUrl,
        asAaa,
        ['GET', `/internal/v1/agreements/${segment(agreementId)}/demand?startMs=${startMs}&endMs=${endMs}`],
        demandGround,
      ),
    evidence: (sessionId: string) =>
      ask(gatewayUrl, asOperator, ['GET', `/auditor/v1/sessions/${segment(sessionId)}`], evidence),
    tariff: (tariffId: string, version: number) =>
      ask(
        gatewayUrl,
        asAaa,
        ['GET', `/internal/v1/tariffs/${segment(tariffId)}/versions/${version}`],
        tariffGround,
      ),
    station: (stationId: string, ofUtility: string) => {
      const query = new URLSearchParams({ utilityId: ofUtility });
      const path = `/internal/v1/registry/stations/${segment(stationId)}?${query.toString()}`;
      return ask(gatewayUrl, asAaa, ['GET', path], stationEntry);
    },
  };
};

export type Machines = ReturnType<typeof createMachines>;
