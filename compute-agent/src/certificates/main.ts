/** Makes the certificates of an operator's cabinets, controllers, blades and sensors: see docs/compute.md. */
import { keepFilesPrivate } from '@roamgrid/service-kit/runtime';
import { runCertificates, WrongCall } from './command.ts';

keepFilesPrivate();
try {
  await runCertificates(process.argv.slice(2));
} catch (thrown) {
  if (!(thrown instanceof WrongCall)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = 2;
}
