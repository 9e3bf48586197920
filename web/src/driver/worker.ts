/**
 * Keeps the app's own files in the browser, so that it opens with the network off. One set of files at a time, under its version; nothing that
 * anybody is told about a person is among them: what home answers is never kept here. Spec: W3C Service Workers.
 */

/** What the app consists of, and its version: written in when it is built. */
declare const APP_FILES: readonly string[];
declare const APP_VERSION: string;

interface WaitingEvent extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface AskingEvent extends WaitingEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
/** What of its surroundings is used here: the browser's library has no words for both pages and workers. */
interface Surroundings {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(kind: 'install' | 'activate', then: (event: WaitingEvent) => void): void;
  addEventListener(kind: 'fetch', then: (event: AskingEvent) => void): void;
}

const here = globalThis as unknown as Surroundings;
const NAME = 'roamgrid-driver-';
const CACHE = `${NAME}${APP_VERSION}`;
const urlOf = (file: string): string => new URL(file, here.registration.scope).href;
const home = urlOf('./');
const files = new Set(APP_FILES.map(urlOf));
/** Where the app's utility is; its server may say something else tomorrow. */
const config = urlOf('config.json');

const install = async (): Promise<void> => {
  const cache = await caches.open(CACHE);
  const asked = [...files, config].map((url) => new Request(url, { cache: 'reload' }));
  await cache.addAll(asked);
  await here.skipWaiting();
};

const activate = async (): Promise<void> => {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(NAME) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await here.clients.claim();
};

const kept = async (url: string): Promise<Response> =>
  (await (await caches.open(CACHE)).match(url)) ?? fetch(url);

const latest = async (url: string): Promise<Response> => {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(url);
    if (answer.ok) await cache.put(url, answer.clone());
    return answer;
  } catch (error) {
    const before = await cache.match(url);
    if (before === undefined) throw error;
    return before;
  }
};

/** What is answered from here: the app's own files alone. Everything else goes its way. */
const answerOf = ({ method, url, mode }: Request): Promise<Response> | undefined => {
  if (method !== 'GET') return undefined;
  // Whatever a sign-in brings back in the address, the page is the same.
  const file = url.replace(/[?#].*$/, '');
  if (mode === 'navigate') return file === home ? kept(home) : undefined;
  if (file === config) return latest(config);
  return files.has(file) ? kept(file) : undefined;
};

here.addEventListener('install', (event) => {
  event.waitUntil(install());
});
here.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});
here.addEventListener('fetch', (event) => {
  const answer = answerOf(event.request);
  if (answer !== undefined) event.respondWith(answer);
});
