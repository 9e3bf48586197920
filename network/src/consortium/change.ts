/** Changes to a consortium that give another valid one. */
import { parseConsortium } from './load.ts';
import type { Consortium, Utility } from './schema.ts';

/** Utilities that development networks add to the founding ones, in this order. */
const FURTHER_UTILITIES: readonly Utility[] = [
  utility('georgia-power', 'Georgia Power', 'USGPC', 'GeorgiaPowerMSP', 'georgiapower.example'),
  utility('dominion-energy', 'Dominion Energy', 'USDOM', 'DominionEnergyMSP', 'dominionenergy.example'),
  utility('florida-power-light', 'Florida Power & Light', 'USFPL', 'FloridaPowerLightMSP', 'fpl.example'),
  utility('tva', 'Tennessee Valley Authority', 'USTVA', 'TennesseeValleyMSP', 'tva.example'),
];

function utility(id: string, name: string, utilityId: string, mspId: string, domain: string): Utility {
  return { id, name, utilityId, mspId, domain };
}

/** A made-up utility for networks larger than the named ones. `index` counts from 1, at most 999. */
function numberedUtility(index: number): Utility {
  const three = String(index).padStart(3, '0');
  return utility(
    `utility-${three}`,
    `Utility ${three}`,
    `US${three}`,
    `Utility${three}MSP`,
    `utility${three}.example`,
  );
}

/** The consortium with one more utility at the end. Throws `InvalidConsortium` when it collides with a member. */
export const withUtility = (consortium: Consortium, added: Utility): Consortium =>
  parseConsortium({ ...consortium, utilities: [...consortium.utilities, added] });

/** The next utility of development networks that is no member yet. */
export function nextUtility(consortium: Consortium): Utility {
  const taken = new Set(consortium.utilities.map((member) => member.id));
  const named = FURTHER_UTILITIES.find((candidate) => !taken.has(candidate.id));
  if (named !== undefined) return named;
  let index = 1;
  while (taken.has(numberedUtility(index).id)) index += 1;
  return numberedUtility(index);
}

/** The consortium cut or extended to `count` utilities. Throws `InvalidConsortium` below two. */
export function withUtilityCount(consortium: Consortium, count: number): Consortium {
  let changed = parseConsortium({ ...consortium, utilities: consortium.utilities.slice(0, count) });
  while (changed.utilities.length < count) changed = withUtility(changed, nextUtility(changed));
  return changed;
}

/** The consortium under the other way of ordering. Raft drops to the channel capability that Fabric 2.5 knows. */
export function withConsensus(consortium: Consortium, consensus: 'raft' | 'bft'): Consortium {
  const { channel, ordering } = consortium;
  const capabilities = { ...channel.capabilities, channel: consensus === 'bft' ? 'V3_0' : 'V2_0' } as const;
  return parseConsortium({
    ...consortium,
    channel: { ...channel, capabilities },
    ordering: { ...ordering, consensus },
  });
}
