import assert from 'node:assert/strict';
import { encodeCbor } from '../cbor/cbor.ts';
import { agreementOf, NODE_SUITE } from '../suite/node-suite.ts';
import { openCarried } from './open-carried.ts';
import { sealFor } from './sealed-for.ts';

const EVSE_ID = 'US*DUK*EXEAL1';
const reader = (first: number) => agreementOf(Uint8Array.from({ length: 32 }, (_, at) => first + at));
const RECORD = [
  ...[EVSE_ID, 7, 1, 1_000, 2_000, 5_000n, 'stopped', 60_000, 4_000n, 4_000_000n, 'OCMF|', true],
  ...[[], 215, 480, new Uint8Array(10), [new Uint8Array(32), new Uint8Array(64)]],
];

describe('a record that was carried', () => {
  const [present, earlier, other] = [reader(1), reader(2), reader(3)];
  const sealed = (point: Uint8Array, number = 7) =>
    sealFor(NODE_SUITE, point, RECORD, encodeCbor([EVSE_ID, number]));

  it('is opened by the present reader and by those before it, and has one spelling however often it was sealed', async () => {
    const plains = await Promise.all(
      [present.point, earlier.point, present.point].map(async (point) => {
        const carried = { evseId: EVSE_ID, number: 7, bytes: await sealed(point) };
        const opened = await openCarried(NODE_SUITE, [present, earlier], carried);
        assert.equal(opened?.record.facts.energyWh, 4_000n);
        return Buffer.from(opened.plain).toString('hex');
      }),
    );
    assert.equal(new Set(plains).size, 1);
  });

  it('is none for another reader, and as another outlet’s or number’s', async () => {
    const bytes = await sealed(present.point);
    for (const [readers, carried] of [
      [[other], { evseId: EVSE_ID, number: 7, bytes }],
      [[present], { evseId: EVSE_ID, number: 8, bytes }],
      [[present], { evseId: 'US*DUK*EXEAL2', number: 7, bytes }],
      [[present], { evseId: EVSE_ID, number: 8, bytes: await sealed(present.point, 8) }],
    ] as const)
      assert.equal(await openCarried(NODE_SUITE, readers, carried), undefined);
  });
});
