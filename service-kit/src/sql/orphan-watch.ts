import { spawn } from 'node:child_process';
import { platform } from 'node:os';

/** Ends the shipped server when this process is killed and no other one uses it. */
export interface OrphanWatch {
  end(): void;
}

/**
 * Waits until its input closes, which the operating system does for a process however it ends. Then the server is ended
 * in order, unless another user of it lives. Arguments: folder of the cluster, process id of the user.
 */
const SCRIPT = `
read -r _
rm -f "$1/users/$2"
for user in "$1"/users/*; do
  [ -e "$user" ] && kill -0 "\${user##*/}" 2>/dev/null && exit 0
done
server=$(head -n 1 "$1/data/postmaster.pid") || exit 0
kill -INT "$server"
kill -CONT "$server"
`;

/** A kill cannot be caught, so something that survives this process has to watch it: a shell, which costs next to nothing. */
export const watchOver = (folder: string): OrphanWatch => {
  if (platform() === 'win32') return { end: () => undefined };
  const shell = spawn('sh', ['-c', SCRIPT, 'sh', folder, process.pid.toString()], {
    // A session of its own: what interrupts or kills the group of this process does not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  return {
    end: () => {
      shell.kill('SIGKILL');
    },
  };
};
