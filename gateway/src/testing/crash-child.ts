import { startGateway } from '../start-gateway.ts';
import type { GatewayConfig } from '../config.ts';

/** A gateway in a process of its own that kills itself at a chosen moment: `crash-child.ts <config> <lag> [<step> <count>]`. */
const [configText = '', lagText = '0', step, countText = '1'] = process.argv.slice(2);
let left = Number(countText);
const lagMs = Number(lagText);
const nowMs = (): number => Date.now() - lagMs;

const gateway = await startGateway(JSON.parse(configText) as GatewayConfig, {
  ...(lagMs === 0 ? {} : { nowMs, proposalTimeMs: nowMs }),
  onStep: (reached) => {
    if (reached !== step) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
process.once('SIGTERM', () => {
  void gateway.close().then(() => process.exit(0));
});
process.stdout.write(`${gateway.url}\n`);
