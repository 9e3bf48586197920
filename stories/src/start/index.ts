/** What `npm start` serves: the story, told or taken up again, and its pages. */
export { begin, type Started } from './begin.ts';
export { cardText, servePages } from './pages.ts';
