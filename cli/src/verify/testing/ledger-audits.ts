import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BodyFiles, blocksIn, nodePrimitives, verifyLedger } from '@roamgrid/auditor/node';
import { exitOf, TOOL } from '../../testing/tool.ts';
import type { LedgerReport } from '../ledger.ts';
import { alteredLedgers } from './alterations.ts';
import { Forger, readBlocks, writeBlocks } from './forger.ts';

/** After so many years every certificate of a run is over, its authorities' too. */
const LATER_MS = Date.UTC(2060, 0);

/** Audits of the ledger that a scenario of two sessions left below its folder. */
export const ledgerAudits = (stateDirOf: () => string): void => {
  describe('its whole ledger, verified offline', () => {
    const folder = (name: string): string => join(stateDirOf(), 'audit', 'ledger', name);
    const checkpoint = (): string => join(stateDirOf(), 'audit', 'checkpoint.json');
    const kept = (): string => join(stateDirOf(), 'channels', 'roamgrid');
    const verify = async (blocks: string, ...more: readonly string[]) => {
      const { code, stdout } = await exitOf([TOOL, 'verify', '--blocks', blocks, '--json', ...more]);
      return { code, told: JSON.parse(stdout) as LedgerReport };
    };
    const verdictOf = (
      blocks: string,
      more: { readonly checkpoint?: string; readonly bodies?: string } = {},
    ) =>
      verifyLedger(nodePrimitives, () => blocksIn(blocks), {
        checkpoint: more.checkpoint,
        ...(more.bodies !== undefined && { bodies: () => new BodyFiles(more.bodies ?? '') }),
      });
    const failureOf = async (...of: Parameters<typeof verdictOf>): Promise<string> => {
      const verdict = await verdictOf(...of);
      return verdict.holds ? '' : verdict.firstFailure;
    };

    it('holds as the peer keeps it and as it was fetched, from its blocks and with one party’s bodies', async () => {
      const own = await verify(kept(), '--checkpoint', checkpoint());
      assert.deepEqual([own.code, own.told.firstFailure], [0, null]);
      assert.deepEqual(own.told.counts?.sessions, { opened: 2, closed: 2, voided: 0, expired: 0 });
      assert.equal(own.told.counts.bodies, undefined);
      const { code, told } = await verify(folder('blocks'), '--bodies', folder('bodies'));
      assert.deepEqual([code, told.firstFailure, told.trusted?.signers], [0, null, []]);
      const { bodies } = told.counts ?? {};
      assert.deepEqual([bodies?.sessions, bodies?.totalMicros, bodies?.without], [2, { USD: '15511566' }, 0]);
    });

    it('is found altered wherever it is, by the first thing that does not hold', async function () {
      this.timeout(120_000);
      const by = readFileSync(checkpoint(), 'utf8');
      for await (const { what, failure, blocks, bodies } of alteredLedgers(folder('.'), stateDirOf())) {
        const told = await failureOf(blocks, { checkpoint: by, ...(bodies !== undefined && { bodies }) });
        assert.match(told === '' ? `${what} was not found` : told, failure);
      }
    });

    it('tells what is false from what cannot be read', async () => {
      const altered = join(stateDirOf(), 'altered-blocks');
      assert.equal((await verify(altered, '--checkpoint', checkpoint())).code, 4);
      assert.equal((await verify(join(stateDirOf(), 'nowhere'))).code, 3);
      assert.equal((await verify(stateDirOf())).code, 3);
    });

    it('holds after a peer’s certificate was changed, by both', async () => {
      const blocks = readBlocks(folder('blocks'));
      const rotated = join(stateDirOf(), 'rotated');
      await new Forger(stateDirOf()).rotate(blocks, Math.floor(blocks.length / 2));
      writeBlocks(rotated, blocks);
      assert.equal(await failureOf(rotated, { bodies: folder('bodies') }), '');
    });

    it('holds, as its bundles do, when all its certificates are over', async () => {
      const now = Date.now;
      try {
        Date.now = () => LATER_MS;
        assert.equal(await failureOf(kept(), { checkpoint: readFileSync(checkpoint(), 'utf8') }), '');
      } finally {
        Date.now = now;
      }
    });
  });
};
