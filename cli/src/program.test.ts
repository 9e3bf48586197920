import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { program } from './program.ts';

const allOf = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(allOf)];

describe('the command line', function () {
  this.timeout(120_000);

  it('has a help for each command, whatever its defaults are', async () => {
    const commands = allOf(await program(undefined));
    assert.ok(commands.length > 30, `${commands.length} commands`);
    for (const command of commands) {
      const help = command.helpInformation();
      assert.match(help, new RegExp(`^Usage: .*${command.name()}`, 'u'));
      for (const { long } of command.options) assert.ok(help.includes(long ?? ''));
    }
  });
});
