import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { applicationPolicyOf, majority, PolicyCompiler } from './application-policy.ts';
import { outOfOrganizations, parseSignaturePolicy, PolicySyntaxError } from './dsl.ts';
import { compilePolicy } from './evaluate.ts';
import type { Principal } from './evaluate.ts';

const peers = (...mspIds: string[]): Principal[] => mspIds.map((mspId) => ({ mspId, role: 'peer' }));
const holds = (policy: string, signers: Principal[]): boolean =>
  compilePolicy(parseSignaturePolicy(policy))(signers);

describe('signature policies', () => {
  const cases: [string, string[], boolean][] = [
    ["AND('A.peer', 'B.peer')", ['A', 'B'], true],
    ["AND('A.peer', 'B.peer')", ['A'], false],
    ["OR('A.peer', 'B.peer')", ['B'], true],
    ["OR('A.peer','B.peer')", ['C'], false],
    ["OutOf(2, 'A.peer', 'B.peer', 'C.peer')", ['A', 'C'], true],
    ["OutOf(2, 'A.peer', 'B.peer', 'C.peer')", ['C'], false],
    ["AND('A.peer', OR('B.peer', AND('C.peer', 'D.peer')))", ['A', 'C', 'D'], true],
    ["AND('A.peer', OR('B.peer', AND('C.peer', 'D.peer')))", ['A', 'C'], false],
    ['outof(1, "A.member")', ['A'], true],
    ["'A.client'", ['A'], false],
    ["'My.Dotted.MSP.peer'", ['My.Dotted.MSP'], true],
  ];
  for (const [policy, signers, expected] of cases) {
    it(`${policy} with ${signers.join(' and ')} ${expected ? 'holds' : 'does not hold'}`, () => {
      assert.equal(holds(policy, peers(...signers)), expected);
    });
  }

  it('one identity counts for one principal only', () => {
    assert.equal(holds("AND('A.peer', 'A.peer')", peers('A')), false);
    assert.equal(
      holds("AND('A.peer', 'A.member')", [
        { mspId: 'A', role: 'peer' },
        { mspId: 'A', role: 'client' },
      ]),
      true,
    );
  });

  it('what is wrong in a policy is said with its place', () => {
    for (const text of [
      '',
      'AND()',
      "AND('A.peer'",
      "OutOf(3, 'A.peer')",
      "OutOf(0, 'A.peer')",
      "'A'",
      "'A.king'",
      "'A.peer' x",
    ]) {
      assert.throws(() => parseSignaturePolicy(text), PolicySyntaxError, text);
    }
    assert.throws(() => parseSignaturePolicy("AND('A.peer' 'B.peer')"), /at character 12/);
  });

  it('the parser refuses or accepts any text and never fails otherwise', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseSignaturePolicy(text);
        } catch (error) {
          assert.ok(error instanceof PolicySyntaxError);
        }
      }),
    );
  });

  it('n of m holds exactly when n of the organisations signed', () => {
    const orgs = ['A', 'B', 'C', 'D', 'E'];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.subarray(orgs), (n, signers) => {
        const policy = compilePolicy(outOfOrganizations(n, orgs, 3));
        assert.equal(policy(peers(...signers)), signers.length >= n);
      }),
    );
  });
});

describe('application policies', () => {
  const orgs = ['A', 'B', 'C', 'D'];
  const compiler = new PolicyCompiler(orgs);
  const endorsed = (text: string | undefined, ...signers: string[]): boolean =>
    compiler.application(applicationPolicyOf(text, orgs))(peers(...signers));

  it('without a policy a majority of the organisations must endorse', () => {
    assert.equal(majority(4), 3);
    assert.equal(endorsed(undefined, 'A', 'B'), false);
    assert.equal(endorsed(undefined, 'A', 'B', 'D'), true);
    assert.equal(endorsed('MAJORITY Endorsement', 'A', 'B', 'D'), true);
  });

  it('ANY needs one and ALL needs every one', () => {
    assert.equal(endorsed('ANY Endorsement', 'C'), true);
    assert.equal(endorsed('ALL Endorsement', 'A', 'B', 'C'), false);
    assert.equal(endorsed('ALL Endorsement', 'A', 'B', 'C', 'D'), true);
  });
});
