import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextUtility, withConsensus, withUtility, withUtilityCount } from './change.ts';
import { activeOrderers, requiredEndorsements } from './derived.ts';
import { InvalidConsortium, loadConsortium, parseConsortium } from './load.ts';
import type { Consortium } from './schema.ts';

describe('a consortium', () => {
  let consortium: Consortium;
  before(async () => {
    consortium = await loadConsortium();
  });

  const refused = (pattern: RegExp) => (error: unknown) =>
    error instanceof InvalidConsortium && pattern.test(error.message);

  it('is read from its file, with Alabama Power and Duke Energy as founders', () => {
    assert.deepEqual(
      consortium.utilities.map(({ utilityId, mspId }) => [utilityId, mspId]),
      [
        ['USALP', 'AlabamaPowerMSP'],
        ['USDUK', 'DukeEnergyMSP'],
      ],
    );
  });

  it('is refused with everything that does not fit', () => {
    const [first, second] = consortium.utilities;
    assert.ok(first && second);
    const { ordering, channel, chaincode } = consortium;
    const broken: [RegExp, unknown][] = [
      [
        /two organisations have the mspId AlabamaPowerMSP/,
        { ...consortium, utilities: [first, { ...second, mspId: first.mspId }] },
      ],
      [
        /two utilities have the utility id USALP/,
        { ...consortium, utilities: [first, { ...second, utilityId: 'USALP' }] },
      ],
      [/Too small/, { ...consortium, utilities: [first] }],
      [
        /BFT ordering needs four/,
        { ...consortium, ordering: { ...ordering, organisations: ordering.organisations.slice(0, 3) } },
      ],
      [
        /needs the channel capability V3_0/,
        {
          ...consortium,
          channel: { ...channel, capabilities: { ...channel.capabilities, channel: 'V2_0' } },
        },
      ],
      [
        /one organisation alone must not/,
        { ...consortium, chaincode: { ...chaincode, endorsement: { rule: 'out-of', required: 1 } } },
      ],
      [
        /3 endorsements are required and there are 2/,
        { ...consortium, chaincode: { ...chaincode, endorsement: { rule: 'out-of', required: 3 } } },
      ],
      [
        /preferred block size is above/,
        {
          ...consortium,
          channel: { ...channel, block: { ...channel.block, preferredMaxBytes: 20_000_000 } },
        },
      ],
      [/Unrecognized key/, { ...consortium, extra: 1 }],
      [/an MSP id/, { ...consortium, utilities: [{ ...first, mspId: "A' OR 'B" }, second] }],
    ];
    for (const [pattern, data] of broken)
      assert.throws(() => parseConsortium(data), refused(pattern), String(pattern));
  });

  it('orders by Raft with an odd number of nodes, whose loss of one leaves a majority', () => {
    const raft = withConsensus(consortium, 'raft');
    assert.equal(activeOrderers(raft).length, 3);
    assert.equal(raft.channel.capabilities.channel, 'V2_0');
    assert.equal(activeOrderers(withConsensus(raft, 'bft')).length, 4);
  });

  it('of any size needs more than half of its utilities to endorse, and never one alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), (count) => {
        const sized = withUtilityCount(consortium, count);
        const required = requiredEndorsements(sized);
        assert.equal(sized.utilities.length, count);
        assert.ok(required >= 2 && 2 * required > count && required <= count);
      }),
      { numRuns: 40 },
    );
  });

  it('admits a utility at the end and refuses one that is a member', () => {
    const added = nextUtility(consortium);
    const grown = withUtility(consortium, added);
    assert.deepEqual(grown.utilities, [...consortium.utilities, added]);
    assert.throws(() => withUtility(grown, added), refused(/two organisations have the id georgia-power/));
  });
});
