/** The agent in a process of its own, for tests that kill it: `agent-child.ts <settings.json> [<phase>:<standing>#<count>]`. */
import { readFileSync } from 'node:fs';
import { startAgent, type AgentSettingsInput } from '../start.ts';

const [file = '', dieAt] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(file, 'utf8')) as AgentSettingsInput;
/** How often each was written, in this process. */
const counts = new Map<string, number>();
const agent = await startAgent(settings, {
  onWrite: ({ standing }, phase) => {
    const what = `${phase}:${standing}`;
    const count = (counts.get(what) ?? 0) + 1;
    counts.set(what, count);
    if (`${what}#${count}` === dieAt) process.kill(process.pid, 'SIGKILL');
  },
});
process.once('SIGTERM', () => {
  void agent.closeWith('end').then(() => process.exit(0));
});
process.once('disconnect', () => {
  void agent.closeWith('end').then(() => process.exit(1));
});
process.send?.({ url: agent.url });
