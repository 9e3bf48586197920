/** Loaded before a program that knows nothing of it: ends the process when its standard input closes. */
'use strict';

const { isMainThread } = require('node:worker_threads');

// Loaders of modules run in a thread of their own, which loads this too and must not wait for the main one's input.
if (isMainThread) {
  process.stdin.once('end', () => process.exit(1));
  process.stdin.resume();
}
