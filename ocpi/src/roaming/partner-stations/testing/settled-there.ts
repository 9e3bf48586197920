import type { GatewaySession } from '@roamgrid/station-kit/testing';
import { makeConsent, makeKey, makeOffer, makeQuote, stationOf, terms } from '@roamgrid/service-kit/testing';
import {
  agreementGround,
  canonicalText,
  sessionCloseBody,
  settledText,
  stationEntry,
  type RecordedReading,
} from '@roamgrid/wire';
import type { MachinesUnderTest } from '../../../testing/machines.ts';
import { agreementOf } from '../../../testing/settled.ts';

const KEYS = { station: makeKey('station-1'), visited: makeKey('duk-1') };
const TARIFF_JSON =
  '{"country_code":"DE","currency":"USD","elements":[{"price_components":[{"price":0.3,"step_size":1,"type":"ENERGY"}]}],"id":"T-1","last_updated":"2026-01-01T00:00:00Z","party_id":"RHK"}';

/** A session of the gateway's as it would be settled on the ledger. */
export const settledOf = async (
  sessionId: string,
  { start, readings, stop }: GatewaySession,
): Promise<string> => {
  const quote = makeQuote({ adjustmentPpm: 0n }, makeOffer({ sessionId }), {
    issuedAtMs: start.atMs - 1_000,
    validUntilMs: start.atMs + 60_000,
  });
  const { openBody } = await makeConsent(KEYS, quote, { evidence: 'e30.e30.e30', cinRef: 'c1'.repeat(32) });
  const recorded = [...readings]
    .sort((a, b) => a.atMs - b.atMs)
    .map((one): RecordedReading => ({ ...one, registerMilliWh: BigInt(one.registerMilliWh) }));
  const close = canonicalText(sessionCloseBody, {
    ...{ sessionId, endReason: 'driver', readings: recorded },
    statement: { form: 'ocmf', end: String(stop?.['signedEnd']) },
    salt: '5a'.repeat(32),
  });
  return settledText(close, openBody);
};

/** What the gateway says of the ground of such sessions. */
export const groundOf = (machines: MachinesUnderTest): void => {
  machines.on('GET /internal/v1/agreements/', () =>
    agreementGround.encode({ agreement: agreementOf(), terms: terms() }),
  );
  machines.on('GET /internal/v1/registry/stations/', () =>
    stationEntry.encode({ station: stationOf(KEYS.station, makeKey('meter-1')), asOfBlock: 7 }),
  );
  machines.on('GET /internal/v1/tariffs/', () => ({
    tariff: {
      ...{ type: 'tariff', version: 1, tariffId: 'T-1', utilityId: 'USDUK', tariffJson: TARIFF_JSON },
      ...{ validFromMs: 0, validUntilMs: 4_000_000_000_000, publishedAtMs: 0 },
    },
  }));
};
