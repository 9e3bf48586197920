/** The pages, built to static folders. */
export { buildPage, PAGES, type Page } from './build/pages.ts';
export type * from './operations/state.ts';
