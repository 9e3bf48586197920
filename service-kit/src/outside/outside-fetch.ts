import { lookup as resolveByHost, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, fetch as fetchByAgent, type RequestInit as AgentRequest } from 'undici';
import { AddressRefused, createJudge, type Judge } from './judge-address.ts';

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export interface OutsideOptions {
  /** Networks of one's own in which members' services may be: on one machine, or behind private lines. */
  readonly allowedNetworks: readonly string[];
  /** The operating system's, unless a test has names of its own. */
  readonly resolve?: Resolve;
}

export type OutsideRequest = Pick<AgentRequest, 'method' | 'headers' | 'body' | 'signal'>;

/** Asks addresses that somebody else registered. */
export interface Outside {
  /** As the standard's, but for what it refuses: @throws AddressRefused; a redirect is an answer and never followed. */
  readonly fetch: (url: string | URL, options?: OutsideRequest) => Promise<Response>;
  close(): Promise<void>;
}

const systemResolve: Resolve = (host) =>
  new Promise((resolve, reject) => {
    resolveByHost(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });

/**
 * The name is resolved once for each connection, all its addresses are judged, and the connection is made to just those: an
 * answer that changes between judging and connecting is never seen.
 */
const judgedLookup =
  (resolve: Resolve, judge: Judge): LookupFunction =>
  (host, options, callback) => {
    resolve(host).then(
      (addresses) => {
        const refused = addresses
          .map(({ address }) => judge(host, address))
          .find((each) => each !== undefined);
        const [first] = addresses;
        if (refused !== undefined) callback(refused, []);
        else if (first === undefined) callback(new Error(`${host} has no address`), []);
        else if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => {
        callback(error as NodeJS.ErrnoException, []);
      },
    );
  };

/** Our refusal out of what the connection wrapped it in. */
const refusalIn = (thrown: unknown): AddressRefused | undefined => {
  for (let at = thrown; at instanceof Error; at = at.cause) if (at instanceof AddressRefused) return at;
  return undefined;
};

/** The one way to what members registered: an address inside one's own networks is not asked, whatever name it has. */
export const createOutside = ({ allowedNetworks, resolve = systemResolve }: OutsideOptions): Outside => {
  const judge = createJudge(allowedNetworks);
  const agent = new Agent({ connect: { lookup: judgedLookup(resolve, judge) } });
  return {
    async fetch(url, options) {
      const { hostname } = new URL(url);
      const literal = hostname.replace(/^\[|\]$/g, '');
      // Nobody resolves what is an address already.
      const refused = isIP(literal) !== 0 ? judge(hostname, literal) : undefined;
      if (refused !== undefined) throw refused;
      try {
        const answer = await fetchByAgent(url, {
          ...options,
          dispatcher: agent,
          redirect: 'manual',
        });
        // Of this process's own class, which libraries expect.
        return new Response(answer.body as ReadableStream | null, {
          status: answer.status,
          statusText: answer.statusText,
          headers: [...answer.headers],
        });
      } catch (thrown) {
        throw refusalIn(thrown) ?? thrown;
      }
    },
    close: () => agent.destroy(),
  };
};
