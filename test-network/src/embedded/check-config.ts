/** Finds what is wrong in a configuration before anything is made from it. */
import { DEFAULT_CHANNEL } from './config.ts';
import type { ChaincodeConfig, EmbeddedConfig } from './config.ts';

/** As Fabric's lifecycle and channel configuration allow them. */
const CHAINCODE_NAME = /^[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*$/;
const CHANNEL_NAME = /^[a-z][a-z0-9.-]{0,248}$/;
const SYSTEM_CHAINCODES = ['_lifecycle', 'cscc', 'lscc', 'qscc'];

function repeated(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]):\d+$/;

function checkChaincode(
  { name, endpoints }: ChaincodeConfig,
  mspIds: readonly string[],
  isTls: boolean,
): void {
  if (!CHAINCODE_NAME.test(name) || SYSTEM_CHAINCODES.includes(name)) {
    throw new Error(`"${name}" cannot be the name of a chaincode: use letters and digits, joined by - or _`);
  }
  for (const [mspId, address] of Object.entries(endpoints)) {
    if (!mspIds.includes(mspId))
      throw new Error(`chaincode ${name} has an endpoint for ${mspId}, which is no organisation`);
    if (!/^.+:\d+$/.test(address))
      throw new Error(`the endpoint of chaincode ${name} at ${mspId} is not host:port: "${address}"`);
    if (!isTls && !LOOPBACK.test(address))
      throw new Error(
        `INSECURE: chaincode ${name} of ${mspId} would be asked at ${address} without TLS: set chaincodeTls, or run it on this host`,
      );
  }
}

/** Throws an error that says what is wrong and where. */
export function checkConfig(config: EmbeddedConfig): void {
  const { organizations, chaincodes, channel, furtherChannels, chaincodeTls = false } = config;
  const mspIds = organizations.map(({ mspId }) => mspId);
  if (mspIds.length === 0) throw new Error('at least one organisation is needed');
  const twice = repeated(mspIds);
  if (twice !== undefined) throw new Error(`organisation ${twice} is named twice`);
  const channels = [{ name: channel ?? DEFAULT_CHANNEL, chaincodes }, ...(furtherChannels ?? [])];
  const sameChannel = repeated(channels.map(({ name }) => name));
  if (sameChannel !== undefined) throw new Error(`channel ${sameChannel} is named twice`);
  for (const each of channels) {
    if (!CHANNEL_NAME.test(each.name)) {
      throw new Error(
        `"${each.name}" cannot be the name of a channel: use lower-case letters, digits, . and -`,
      );
    }
    const sameChaincode = repeated(each.chaincodes.map(({ name }) => name));
    if (sameChaincode !== undefined)
      throw new Error(`chaincode ${sameChaincode} is named twice in channel ${each.name}`);
    for (const chaincode of each.chaincodes) checkChaincode(chaincode, mspIds, chaincodeTls);
  }
}
