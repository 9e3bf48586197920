/** The `config.yaml` of an MSP folder: Fabric reads a certificate's role off its organisational unit. */
import { stringify } from 'yaml';

/** Spec: Fabric documentation, "Membership Service Provider", node OUs. `ca` is the authority's file in the folder. */
export const nodeUnitsYaml = (ca: string): string =>
  stringify({
    NodeOUs: {
      Enable: true,
      ...Object.fromEntries(
        ['Client', 'Peer', 'Admin', 'Orderer'].map((kind) => [
          `${kind}OUIdentifier`,
          { Certificate: `cacerts/${ca}`, OrganizationalUnitIdentifier: kind.toLowerCase() },
        ]),
      ),
    },
  });
