import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A service that a member registered lies where this service's own network is. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';

  constructor(host: string, address: string, what: string) {
    super(
      `ADDRESS_REFUSED: ${host} is ${address} (${what}), inside a network of one's own, where no member may have us ask: ` +
        'if partners are meant to be there, name its network in "allowedNetworks"',
    );
    this.name = 'AddressRefused';
  }
}

/** Whether an address may be asked, or why not. */
export type Judge = (host: string, address: string) => AddressRefused | undefined;

/** What answers at public addresses to the machines of a cloud alone, with their secrets: Azure's WireServer. */
const METADATA = new Set(['168.63.129.16']);

/** Spec: IANA IPv6 Address Space; the only block out of which addresses of the Internet are given so far. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** What an address is that is not simply one of the Internet's; undefined for those. IPv4 within IPv6 is IPv4. */
const kindOf = (address: ipaddr.IPv4 | ipaddr.IPv6): string | undefined => {
  if (METADATA.has(address.toString())) return 'metadata';
  const range = address.range();
  if (range !== 'unicast') return range;
  return address instanceof ipaddr.IPv6 && !address.match(GLOBAL_UNICAST) ? 'unassigned' : undefined;
};

/**
 * Judges addresses that members registered: those of the Internet, and of networks that the operator named.
 * @param allowedNetworks addresses or ranges (`10.20.0.0/16`)
 */
export const createJudge = (allowedNetworks: readonly string[]): Judge => {
  const allowed = allowedNetworks.map((network) =>
    network.includes('/') ? ipaddr.parseCIDR(network) : addressAlone(network),
  );
  return (host, text) => {
    if (isIP(text) === 0) return new AddressRefused(host, text, 'no address');
    const address = ipaddr.process(text);
    const kind = kindOf(address);
    if (kind === undefined) return undefined;
    const isAllowed = allowed.some(([network, bits]) =>
      network.kind() === address.kind() ? address.match([network, bits] as never) : false,
    );
    return isAllowed ? undefined : new AddressRefused(host, text, kind);
  };
};

const addressAlone = (text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] => {
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
};
