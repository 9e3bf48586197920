import { randomUUID } from 'node:crypto';
import { laneIdOf, type Cdr, type ConsentKind, type InvoiceBody } from '@roamgrid/wire';
import { settledRecord, type SettledOptions } from './settled.ts';
import {
  AGREEMENT,
  HOME,
  nextSessionId,
  STATION,
  VISITED,
  type RegistryWorld,
} from '@roamgrid/service-kit/testing';

/** Committed charge records and invoices, as the gateway's read model would give them. */

export const makeCdr = ({ laneSequence, ...changes }: Partial<Cdr> & Pick<Cdr, 'laneSequence'>): Cdr => {
  const sessionId = changes.sessionId ?? nextSessionId(changes.vun ?? VISITED, changes.hun ?? HOME);
  return {
    cdrId: sessionId,
    sessionId,
    vun: VISITED,
    hun: HOME,
    laneSequence,
    startMs: Date.now() - 3_600_000,
    endMs: Date.now() - 60_000,
    energyWh: 25_000n,
    meteredBy: 'meter',
    currency: 'USD',
    tariffId: 'USDUK-tou',
    tariffVersion: 1,
    pricingPolicy: 'ocpi-2.2.1',
    lines: [],
    netMicros: 9_000_000n,
    taxMicros: 1_000_000n,
    totalMicros: 10_000_000n,
    shares: { hun: 500_000n, vun: 7_000_000n, infrastructure: 2_300_000n, driver: 200_000n },
    endReason: 'driver',
    ...changes,
  };
};

/** The record of a session whose settled text the gateway has, too, so that it can be reviewed. */
export const settle = async (
  registry: RegistryWorld,
  options: SettledOptions & Required<Pick<SettledOptions, 'cinRef' | 'laneSequence'>>,
): Promise<Cdr> => {
  const { cdr, settled } = await settledRecord(options);
  registry.settled.set(cdr.sessionId, { cdr, settled: settled.text });
  return cdr;
};

export const commit = (
  registry: RegistryWorld,
  role: 'hun' | 'vun',
  cdr: Cdr,
  of: {
    readonly cinRef: string;
    readonly authorisedBy: 'home' | 'cache';
    readonly openedAtMs?: number;
    readonly profileId?: string;
    readonly consentBy?: ConsentKind;
    readonly openBody?: string;
    readonly offline?: { readonly evseId: string; readonly number: number };
    readonly stationId?: string;
  },
): void => {
  registry.cdrs[role].push({
    cursor: (registry.cdrs[role].length + 1).toString(),
    cdr,
    openedAtMs: cdr.startMs,
    consentBy: 'station',
    stationId: STATION,
    ...of,
    batchId: 'batch-1',
    blockNumber: '7',
  });
};

const sum = (cdrs: readonly Cdr[], pick: (cdr: Cdr) => bigint): bigint =>
  cdrs.reduce((total, cdr) => total + pick(cdr), 0n);

export const issueInvoice = (
  registry: RegistryWorld,
  cdrs: readonly Cdr[],
  changes: Partial<InvoiceBody> = {},
  of: { readonly vun: string; readonly hun: string; readonly issuedAtMs?: number } = {
    vun: VISITED,
    hun: HOME,
  },
): string => {
  const invoiceId = `invoice-${randomUUID()}`;
  const sequences = cdrs.map(({ laneSequence }) => laneSequence);
  const common = {
    invoiceId,
    agreementId: AGREEMENT,
    vun: of.vun,
    hun: of.hun,
    laneId: laneIdOf(of.vun, of.hun, 'g0'),
    periodId: '2026-07',
    fromSequence: Math.min(...sequences),
    toSequence: Math.max(...sequences),
  };
  registry.invoices.push({
    record: {
      type: 'invoice',
      version: 1,
      ...common,
      state: 'issued',
      issuedAtMs: of.issuedAtMs ?? Date.now(),
      bodyHash: '1'.repeat(64),
      payableHash: '2'.repeat(64),
    },
    body: {
      ...common,
      currency: 'USD',
      batchIds: ['batch-1'],
      sessions: cdrs.length,
      energyWh: sum(cdrs, (cdr) => cdr.energyWh),
      totalMicros: sum(cdrs, (cdr) => cdr.totalMicros),
      shares: {
        hun: sum(cdrs, (cdr) => cdr.shares.hun),
        vun: sum(cdrs, (cdr) => cdr.shares.vun),
        infrastructure: sum(cdrs, (cdr) => cdr.shares.infrastructure),
        driver: sum(cdrs, (cdr) => cdr.shares.driver),
      },
      payableMicros: sum(cdrs, (cdr) => cdr.shares.vun + cdr.shares.infrastructure),
      salt: '3'.repeat(64),
      ...changes,
    },
  });
  return invoiceId;
};
