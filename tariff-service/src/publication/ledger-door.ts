import { call, type CallFailure, type CallResult } from '@roamgrid/service-kit';
import { auditedTariffPage, operatorReceipt } from '@roamgrid/wire';
import type { z } from 'zod';
import type { PlannedTariff } from './plan.ts';

/** A published version as the gateway's read model shows it. */
export type KnownVersion = z.output<typeof auditedTariffPage>['items'][number];

/** Why the ledger did not take a command. */
export interface DoorRefusal {
  /** Code of the gateway's problem, such as `LEDGER_OUTSIDE_AGREEMENT`; `UNREACHABLE` when there was no answer. */
  readonly code: string;
  readonly message: string;
}

export type DoorAnswer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: DoorRefusal };

/** What a publication asks of its utility's gateway. */
export interface LedgerDoor {
  /** Every version of every tariff of the utility on the ledger, by tariff id and ascending version. */
  versions(utilityId: string): Promise<DoorAnswer<readonly KnownVersion[]>>;
  publish(tariff: PlannedTariff): Promise<DoorAnswer<{ readonly transactionId: string }>>;
  bind(
    tariff: Pick<PlannedTariff, 'tariffId' | 'version'>,
    agreementId: string,
  ): Promise<DoorAnswer<{ readonly transactionId: string }>>;
}

export interface DoorOptions {
  readonly gatewayUrl: string;
  /** Bearer tokens of the utility's operator and of an auditor, fresh at each request. */
  readonly operatorToken: () => Promise<string>;
  readonly auditorToken: () => Promise<string>;
}

const TIMEOUT_MS = 60_000;
const LARGEST_ANSWER_BYTES = 32 * 1024 * 1024;
const PAGE = 200;

const refusalOf = (failure: CallFailure): DoorRefusal => {
  switch (failure.kind) {
    case 'problem':
      return { code: failure.problem.code, message: failure.problem.detail };
    case 'protocol':
      return { code: 'PROTOCOL', message: failure.detail };
    case 'timeout':
    case 'unreachable':
      return { code: 'UNREACHABLE', message: `the gateway gave no answer: ${failure.kind}` };
  }
};

const answered = <T>(result: CallResult<T>): DoorAnswer<T> =>
  result.ok ? { ok: true, value: result.value } : { ok: false, refusal: refusalOf(result.failure) };

/** The gateway's operator API. Command ids follow from what they tell, so telling twice changes nothing. */
export function gatewayDoor({ gatewayUrl, operatorToken, auditorToken }: DoorOptions): LedgerDoor {
  const tell = async (transaction: string, command: Record<string, unknown>) =>
    answered(
      await call({
        method: 'POST',
        url: `${gatewayUrl}/operator/v1/commands/tariff/${transaction}`,
        headers: { authorization: `Bearer ${await operatorToken()}` },
        body: { command },
        answer: operatorReceipt,
        timeoutMs: TIMEOUT_MS,
      }),
    );
  return {
    versions: async (utilityId) => {
      const found: KnownVersion[] = [];
      let after: string | undefined;
      do {
        const query = new URLSearchParams({ utilityId, limit: String(PAGE), ...(after && { after }) });
        const page = answered(
          await call({
            method: 'GET',
            url: `${gatewayUrl}/auditor/v1/tariffs?${query.toString()}`,
            headers: { authorization: `Bearer ${await auditorToken()}` },
            answer: auditedTariffPage,
            timeoutMs: TIMEOUT_MS,
            maxBytes: LARGEST_ANSWER_BYTES,
          }),
        );
        if (!page.ok) return page;
        found.push(...page.value.items);
        after = page.value.cursor;
      } while (after !== undefined);
      return { ok: true, value: found };
    },
    publish: (tariff) =>
      tell('publish', { commandId: `publish-${tariff.tariffId}-${tariff.version}`, tariff }),
    bind: ({ tariffId, version }, agreementId) =>
      tell('bind', {
        commandId: `bind-${agreementId}-${tariffId}-${version}`,
        agreementId,
        tariffId,
        tariffVersion: version,
      }),
  };
}
