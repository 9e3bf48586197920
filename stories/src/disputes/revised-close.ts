import { sign } from 'node:crypto';
import { ocmfPayload, parseSettled, type RecordedReading, type SessionCloseBody } from '@roamgrid/wire';
import type { OutletDefinition } from '../system/consortium.ts';
import { keyObject, type KeyRing } from '../system/key-ring.ts';
import { meterKeyName } from '../system/register.ts';

/** Another close of a settled session that its outlet's meter signs: so much less energy, in the same time. */
export const lowerClose = (
  settledBody: string,
  lessMilliWh: bigint,
  { evseId, meterId }: OutletDefinition,
  keys: KeyRing,
): SessionCloseBody => {
  const { close } = parseSettled(settledBody);
  const { statement } = close;
  if (statement.form !== 'facts') throw new Error('the meters of this story sign facts');
  const end = (close.readings.at(-1)?.registerMilliWh ?? 0n) - lessMilliWh;
  const readings = close.readings.map((reading) => ({
    ...reading,
    registerMilliWh: reading.registerMilliWh < end ? reading.registerMilliWh : end,
  }));
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined) throw new Error('a close body has readings');
  const signed = (transaction: 'B' | 'E', { atMs, registerMilliWh, clock, errorFlags }: RecordedReading) => ({
    atMs,
    sync: clock ?? ('S' as const),
    transaction,
    registerMilliWh,
    ...(errorFlags && { errorFlags }),
  });
  const { gateway, meter, page, tariffText } = statement;
  const payload = ocmfPayload({
    gateway,
    meter,
    page,
    evseId,
    sessionId: close.sessionId,
    ...(tariffText !== undefined && { tariffText }),
    readings: [signed('B', first), signed('E', last)],
  });
  const signature = sign('sha256', Buffer.from(payload, 'utf8'), keyObject(keys.key(meterKeyName(meterId))));
  return { ...close, readings, statement: { ...statement, signature: signature.toString('base64') } };
};
