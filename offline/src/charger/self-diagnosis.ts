import { encodeCbor } from '../cbor/cbor.ts';
import { sign1 } from '../cose/sign1.ts';
import { DIAGNOSIS_PURPOSE } from '../place/diagnosis.ts';
import { diagnosed, DIAGNOSTICS, type ChargerHealth } from '../place/diagnostics.ts';
import { besideSealed } from './carried-record.ts';
import type { OfflineChargerOptions } from './charger-options.ts';
import { sealFor } from './sealed-for.ts';

/** What a charger says of itself, signed by it and sealed for its utility; undefined before that said anything to it. */
export const selfDiagnosis = async (
  { suite, operator, identity, clock, outlet, firmware }: OfflineChargerOptions,
  queries: readonly string[],
  standing: Pick<ChargerHealth, 'bootCounter' | 'unbooked' | 'versions' | 'load'>,
): Promise<Uint8Array | undefined> => {
  const { evseId, signer } = identity;
  const content = diagnosed(queries, evseId, clock.nowS(), {
    ...{ ...outlet.sensors(), ...standing, uptimeMs: clock.uptimeMs },
    firmware: firmware?.update.standing,
  });
  if (content === undefined) return undefined;
  const signed = await sign1(encodeCbor(content), signer, DIAGNOSIS_PURPOSE);
  return sealFor(suite, operator.readerPoint, signed, besideSealed(evseId, DIAGNOSTICS));
};
