/**
 * Lets the browser keep the app's own files, so that it opens with the network off. Only who has a wallet needs that; where the browser has no
 * workers of that kind, as in some private windows, the page works as long as it stays open.
 */
export const keepApp = async (): Promise<void> => {
  if (!('serviceWorker' in navigator)) return;
  await navigator.serviceWorker.register('worker.js', { scope: './' }).catch(() => undefined);
};
