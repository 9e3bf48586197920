/** Rules across the parts of a consortium that no single field can state. */
import type { Consortium } from './schema.ts';
import { activeOrderers, requiredEndorsements } from './derived.ts';

const repeated = (values: readonly string[]): string[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
];

/** What does not fit, a sentence each; none when the consortium can be built. */
export function consortiumProblems(consortium: Consortium): string[] {
  const { ordering, utilities, auditors, channel, chaincode } = consortium;
  const all = [...ordering.organisations, ...utilities, ...auditors];
  const problems: string[] = [];
  for (const field of ['id', 'mspId', 'domain'] as const) {
    for (const value of repeated(all.map((organisation) => organisation[field])))
      problems.push(`two organisations have the ${field} ${value}`);
  }
  for (const value of repeated(utilities.map((utility) => utility.utilityId)))
    problems.push(`two utilities have the utility id ${value}`);

  if (ordering.consensus === 'bft') {
    if (ordering.organisations.length < 4)
      problems.push('BFT ordering needs four ordering organisations to bear one fault');
    if (channel.capabilities.channel !== 'V3_0')
      problems.push('BFT ordering needs the channel capability V3_0');
  } else if (activeOrderers(consortium).length < 3) {
    problems.push('Raft ordering needs three ordering organisations to bear one fault');
  }
  if (channel.block.preferredMaxBytes > channel.block.absoluteMaxBytes)
    problems.push('the preferred block size is above the absolute one');

  const required = requiredEndorsements(consortium);
  if (required < 2) problems.push('one organisation alone must not be able to endorse: require at least two');
  if (required > utilities.length)
    problems.push(`${required} endorsements are required and there are ${utilities.length} utilities`);
  const { requiredPeerCount, maxPeerCount } = chaincode.implicitCollections;
  if (requiredPeerCount > maxPeerCount)
    problems.push('implicit collections require more peers than they may be sent to');
  return problems;
}
