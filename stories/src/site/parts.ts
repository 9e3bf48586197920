import { dayPart } from './day-rows.ts';
import { isSite12, liveFeed } from './feed.ts';
import { abroadPart } from './abroad.ts';
import { isSite8, liveSite8 } from './house.ts';
import type { Part, Row } from './part.ts';
import { isSite1, isSite2, isSite3, isSite4, liveSharing, type SharingSeen } from './sharing.ts';
import { isSite9, liveSite9 } from './site-9.ts';
import { isSite10, liveSite10 } from './site-10.ts';
import { isSite11, liveSite11 } from './site-11.ts';
import { isSite13, liveSite13 } from './site-13.ts';

/** A part that shows one row, of which all is shown. */
const single = <Seen>(
  row: string,
  what: string,
  live: (folder: string) => Promise<Seen>,
  is: (seen: Seen) => boolean,
): Part<Seen> => ({ name: row, what, live, rows: [{ row, is, shows: (seen) => seen }] });

const sharingRows: readonly Row<SharingSeen>[] = [
  { row: 'SITE-1', is: isSite1, shows: ({ sums }) => sums },
  {
    row: 'SITE-2',
    is: isSite2,
    shows: ({ requests, sumAfterOffer, losers, refusedMode }) => ({
      requests,
      sumAfterOffer,
      losers,
      refusedMode,
    }),
  },
  { row: 'SITE-3', is: isSite3, shows: ({ fast, regular }) => ({ fast, regular }) },
  { row: 'SITE-4', is: isSite4, shows: ({ priorities }) => priorities },
];

/** Everything that the scenario lives through, in its order. */
export const SITE_PARTS: readonly Part[] = [
  dayPart,
  {
    name: 'sharing',
    what: 'requests, charging modes and priorities at a station that shares 755 kW with servers',
    live: liveSharing,
    rows: sharingRows,
  } satisfies Part<SharingSeen>,
  single('SITE-12', 'four stations on one feed, under a cloud that goes away', liveFeed, isSite12),
  abroadPart,
  single('SITE-8', 'a house whose station follows its appliances', liveSite8, isSite8),
  single('SITE-9', 'a blade depository, its climate and its lift', liveSite9, isSite9),
  single('SITE-10', 'whoever fails to prove himself has neither power nor data', liveSite10, isSite10),
  single('SITE-11', 'a fault-managed line, pulse by pulse', liveSite11, isSite11),
  single('SITE-13', 'certificates, a task that moves on, a door without a badge', liveSite13, isSite13),
];
