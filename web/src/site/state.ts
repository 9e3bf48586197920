import type { siteChange, siteChanged, siteView } from '@roamgrid/wire';
import type { z } from 'zod';

/** What the site's page is told and tells, in wire form: watts are decimal strings, instants ms since the epoch. */
export type SiteState = z.input<typeof siteView>;
export type SiteChange = z.input<typeof siteChange>;
export type SiteChanged = z.input<typeof siteChanged>;

export type SourceView = SiteState['sources'][number];
export type LoadView = SiteState['loads'][number];
export type ClaimView = LoadView['claims'][number];
