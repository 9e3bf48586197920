import { call } from '@roamgrid/service-kit';
import { refusalCode, type RefusalCode } from '@roamgrid/wire';

/** What stands between an outlet and what is plugged into it, and is told when a driver is not who it took them for. */
export interface OutletGate {
  /** Ends power and data there; an outlet neither waits for it nor fails with it. */
  driverRefused(code: string): void;
}

/** Refusals that say that somebody is not who they say; the others are about contracts, prices and the network. */
const NOT_AUTHENTIC: ReadonlySet<RefusalCode> = new Set([
  'CIN_INVALID',
  'ISSUER_UNKNOWN',
  'ISSUER_EXPIRED',
  'CUSTOMER_UNKNOWN',
  'CUSTOMER_BLOCKED',
  'TOKEN_UNKNOWN',
  'TOKEN_AMBIGUOUS',
]);

/** Whether a refusal is a failed authentication (SITE-10). The outlet's own code of a wrong CIN says what is wrong with it. */
export const isNotAuthentic = (code: string): boolean => {
  const known = refusalCode.safeParse(code);
  return known.success ? NOT_AUTHENTIC.has(known.data) : code.startsWith('CIN_');
};

export interface ServedGateOptions {
  /** Of the service that runs the site's devices. */
  readonly url: string;
  readonly deviceId: string;
  readonly token: string;
  /** Hears of what the service did not take; the gate itself falls shut when nobody renews its order. */
  readonly onFault?: (detail: string) => void;
}

const TELL_MS = 2_000;

/** The gate of a device service on the site. */
export const servedGate = ({ url, deviceId, token, onFault }: ServedGateOptions): OutletGate => ({
  driverRefused: () => {
    void call({
      method: 'POST',
      url: `${url}/devices/${encodeURIComponent(deviceId)}/station-requests`,
      headers: { authorization: `Bearer ${token}` },
      body: { type: 'driver-refused' },
      timeoutMs: TELL_MS,
    }).then((told) => {
      if (told.ok) return;
      const { failure } = told;
      onFault?.(failure.kind === 'problem' ? failure.problem.code : failure.kind);
    });
  },
});
