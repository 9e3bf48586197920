import assert from 'node:assert/strict';
import { siteConfig } from './site-config.ts';

const adapter = { kind: 'http', url: 'http://127.0.0.1:9', secret: 'a-secret-of-the-plant-of-32-characters' };
const load = (loadId: string, more: object = {}) => ({ loadId, nodeId: 'site', adapter, ...more });
const cloud = { url: 'http://127.0.0.1:9', poolId: 'feed', staticW: '3600' };
const SITE = {
  siteId: 's1',
  nodes: [{ nodeId: 'site', kind: 'connection', hard: { totalW: '10000' } }],
  sources: [],
  loads: [load('a'), load('b')],
};

describe('the configuration of a site', () => {
  const faultOf = (more: object): string | undefined =>
    siteConfig.safeParse({ ...SITE, ...more }).error?.issues[0]?.message;

  it('is refused where it cannot be kept, with what to do', () => {
    assert.equal(faultOf({}), undefined);
    const alone = (aloneW: string) => ({ loads: [load('a', { aloneW }), load('b', { aloneW })] });
    assert.equal(faultOf(alone('5000')), undefined);
    assert.match(faultOf(alone('5001')) ?? '', /take 10002 W when nobody tells .* 10000 W: lower aloneW/);
    assert.match(faultOf({ ...alone('1801'), cloud }) ?? '', /static part of 3600 W: lower aloneW/);
    assert.equal(faultOf({ ...alone('1800'), cloud }), undefined);
    assert.match(faultOf({ loads: [load('a'), load('a')] }) ?? '', /one id/);
    assert.match(faultOf({ loads: [load('a', { nodeId: 'x' })] }) ?? '', /no node x/);
    assert.match(faultOf({ policyId: 'x' }) ?? '', /no policy x/);
    assert.match(faultOf({ grantMs: 2_000 }) ?? '', /raise grantMs/);
    const three = [{ nodeId: 'site', kind: 'connection', hard: { phaseW: ['9000', '9000', '3000'] } }];
    assert.match(faultOf({ ...alone('5000'), lanes: 3, nodes: three }) ?? '', /above its 9000 W/);
  });
});
