import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withCharts } from './document.ts';

describe('the guide to devices', () => {
  it('has the charts of the tables as they are', () => {
    const path = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'site-devices.md');
    const guide = readFileSync(path, 'utf8');
    assert.ok(withCharts(guide) === guide, 'run `npm run charts -w energy-controller`');
  });
});
