/** A station that shares its power with servers. */
export { siteReport, type SiteReport } from './report.ts';
export { runSite } from './run-site.ts';
