import assert from 'node:assert/strict';
import { ocmfPayload } from '@roamgrid/wire';
import { statementPayload } from './ocmf-facts.ts';

const gateway = { model: 'Roamgrid "station"', serial: 'DUK-1', version: '0.1.0' };
const meter = { vendor: 'Zähler', model: 'Simulated', serial: 'DUK-METER-1', firmware: '0.1.0' };
const evseId = 'US*DUK*E0001*1';
const sessionId = 'USDUK-USALP-g0-17';

describe('a statement’s payload in the browser', () => {
  it('is formed again as the contracts form it, whatever the registers, clocks and flags', () => {
    const registers = [0n, 1n, 100n, 4_200_000n, 1_000_000n, 9_007_199_254_740_993n];
    for (const registerMilliWh of registers) {
      for (const [clock, errorFlags, tariffText] of [
        ['S', undefined, undefined],
        ['R', 't', 'roamgrid-consent abc'],
        ['U', undefined, 'a "text"'],
      ] as const) {
        const tariff = tariffText === undefined ? {} : { tariffText };
        const flags = errorFlags === undefined ? {} : { errorFlags };
        const begin = { atMs: 1_700_000_000_250, registerMilliWh: '5' };
        const end = {
          atMs: 1_700_000_360_007,
          registerMilliWh: registerMilliWh.toString(),
          ...(clock !== 'S' && { clock }),
          ...flags,
        };
        const expected = ocmfPayload({
          gateway,
          meter,
          page: 7,
          evseId,
          sessionId,
          ...tariff,
          readings: [
            { atMs: begin.atMs, sync: 'S', transaction: 'B', registerMilliWh: 5n },
            { atMs: end.atMs, sync: clock, transaction: 'E', registerMilliWh, ...flags },
          ],
        });
        const facts = { gateway, meter, page: 7, ...tariff };
        const readings = [
          { ...begin, charging: true },
          { ...end, charging: false },
        ] as const;
        assert.equal(statementPayload(facts, sessionId, evseId, readings), expected);
      }
    }
  });
});
