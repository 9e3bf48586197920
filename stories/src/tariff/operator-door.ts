import { createAssertionSigner } from '@roamgrid/service-kit';
import { gatewayDoor, type LedgerDoor } from '@roamgrid/tariff-service';
import type { LocalSystem } from '../system/system.ts';

/** A utility's way to publish tariffs in the local system: the operator API of its own gateway. */
export function operatorDoor(system: LocalSystem, utilityId: string): LedgerDoor {
  const gatewayUrl = system.utility(utilityId).gateway.url;
  const signer = (key: string, iss: string, role: 'operator' | 'auditor') => {
    const sign = createAssertionSigner({ key: system.keys.key(key), iss, utility: utilityId, role });
    return () => sign(new URL(gatewayUrl).origin);
  };
  return gatewayDoor({
    gatewayUrl,
    operatorToken: signer(`${utilityId}-operator`, 'operator', 'operator'),
    auditorToken: signer('auditor', 'auditor', 'auditor'),
  });
}
