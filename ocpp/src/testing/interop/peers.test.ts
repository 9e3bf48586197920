import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dialect16 } from '../../v16/dialect.ts';
import { dialect2, dialect21 } from '../../v2/dialect.ts';
import { startStage, type Stage } from '../stage.ts';
import { unexpected } from './differs.ts';
import { exercise, type Exercised } from './exercise.ts';
import { NPM_PEERS } from './npm-peers.ts';
import type { StationPeer } from './peer.ts';

const DOCUMENT = readFileSync(
  join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'interop.md'),
  'utf8',
);

/** The actions of a cell of the document's table of what peers are exercised in. */
const documented = (protocol: string, from: Exercised['from']): readonly string[] => {
  const row = DOCUMENT.split('\n').find(
    (line) => line.startsWith(`| ${protocol}, `) && line.includes(from === 'us' ? ', asked |' : ', said |'),
  );
  return [...(row ?? '').matchAll(/`(\w+)`/g)].map(([, action = '']) => action);
};
const actionsOf = (rows: readonly Exercised[], from: Exercised['from']): readonly string[] => [
  ...new Set(rows.filter((row) => row.from === from).map(({ action }) => action)),
];

describe('stations of other people’s software', () => {
  let stage: Stage;
  const seen = new Map<StationPeer, readonly Exercised[]>();
  before(async () => {
    stage = await startStage();
  });
  after(() => stage.close());

  for (const peer of NPM_PEERS)
    it(`${peer.name} of ${peer.protocol} is understood and does what it is asked`, async () => {
      const rows = await exercise(stage, peer);
      seen.set(peer, rows);
      assert.deepEqual(unexpected(peer, rows), []);
    });

  it('are exercised in all that the document says, and in nothing more', () => {
    for (const [{ protocol }, rows] of seen)
      for (const from of ['station', 'us'] as const)
        assert.deepEqual([...actionsOf(rows, from)].sort(), [...documented(protocol, from)].sort(), protocol);
  });

  it('say everything that the door answers', () => {
    assert.deepEqual(Object.keys(dialect16.answers).sort(), [...documented('ocpp1.6', 'station')].sort());
    assert.deepEqual(Object.keys(dialect2.answers).sort(), [...documented('ocpp2.0.1', 'station')].sort());
    const beyond = Object.keys(dialect21.answers).filter((action) => !(action in dialect2.answers));
    assert.deepEqual(beyond, documented('ocpp2.1', 'station'));
  });
});
