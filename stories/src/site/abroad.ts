import { join } from 'node:path';
import type { Part } from './part.ts';
import { isNetted, netWithPartner, type NettedSeen } from './netted.ts';
import { isSite5 } from './is-site-5.ts';
import { beginAbroad, liveSite5, signIn, type Site5Seen } from './site-5.ts';
import { isSite7, liveSite7, type Site7Seen } from './site-7.ts';

export interface AbroadSeen {
  readonly site5: Site5Seen;
  readonly site7: Site7Seen;
  /** What both owe each other for it, in a round and at a bank. */
  readonly netted: NettedSeen;
}

/** What a driver of another utility does at a station: on one system, as both rows need its ledger. */
export const abroadPart: Part<AbroadSeen> = {
  name: 'abroad',
  what: 'a driver of another utility books ahead, and his car that is not charging feeds the servers',
  async live(folder) {
    const system = await beginAbroad(folder);
    try {
      const driver = await signIn(system);
      const site7 = await liveSite7(join(folder, 'controller'), system, driver.cinRef);
      const netted = await netWithPartner(system, driver);
      return { site5: await liveSite5(system, driver), site7, netted };
    } finally {
      await system.close();
    }
  },
  rows: [
    { row: 'SITE-5', is: ({ site5 }) => isSite5(site5), shows: ({ site5 }) => site5 },
    { row: 'SITE-7', is: ({ site7 }) => isSite7(site7), shows: ({ site7 }) => site7 },
    {
      row: 'SITE-7',
      is: ({ netted, site7 }) => isNetted(netted, site7.given.note.micros),
      shows: ({ netted }) => netted,
    },
  ],
};
