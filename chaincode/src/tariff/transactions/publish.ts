import {
  canonicalJson,
  isTariffIdOf,
  scopeText,
  readTariffJson,
  stateKey,
  tariffIndexRecord,
  tariffRecord,
  type JsonValue,
  type tariffCommands,
} from '@roamgrid/wire';
import { ensure, parseJson, refuse, requireMember, type Verb } from '../../context/index.ts';
import { getActiveUtility } from '../../consortium/registry.ts';
import { resolveScope } from '../scope.ts';

/**
 * Publishes a version of a tariff, for good. Versions count from 1 without gaps, under an id of the publisher's own, and all
 * are for the same outlets.
 */
export const publish: Verb<typeof tariffCommands.publish> = async (tx, { tariff }) => {
  const { appliesTo: stated, ...rest } = tariff;
  const { tariffId, version, utilityId, tariffJson } = rest;
  const utility = await getActiveUtility(tx, utilityId);
  requireMember(tx.caller, utility, ['operator']);
  ensure(
    isTariffIdOf(utilityId, tariffId),
    'FORBIDDEN',
    `${tariffId} is not an id of ${utilityId}: begin it with ${utilityId}- or ${utilityId}.`,
  );
  ensure(
    tariff.validFromMs < tariff.validUntilMs,
    'INVALID_ARGUMENT',
    'validUntilMs must be after validFromMs',
  );

  const canonical = canonicalJson(parseJson(tariffJson, 'tariff.tariffJson') as JsonValue);
  ensure(canonical === tariffJson, 'INVALID_ARGUMENT', 'tariff.tariffJson is not canonical JSON (RFC 8785)');
  const readable = readTariffJson(tariffJson);
  if (!readable.ok) refuse('INVALID_ARGUMENT', `tariff.tariffJson${readable.error.message}`);

  const appliesTo = stated && (await resolveScope(tx, utilityId, stated));
  if (version > 1) {
    const before = await tx.find(tariffRecord, stateKey.tariff(tariffId, version - 1));
    if (before === undefined)
      return refuse('WRONG_STATE', `version ${version - 1} of ${tariffId} is not published yet`);
    ensure(
      scopeText(before.appliesTo) === scopeText(appliesTo),
      'WRONG_STATE',
      `${tariffId} is for ${scopeText(before.appliesTo)}: take another id for ${scopeText(appliesTo)}`,
    );
  }
  const key = stateKey.tariff(tariffId, version);
  await tx.requireAbsent(key);
  tx.put(tariffRecord, key, {
    type: 'tariff',
    ...rest,
    ...(appliesTo && { appliesTo }),
    publishedAtMs: tx.nowMs,
  });
  tx.put(tariffIndexRecord, stateKey.tariffByUtility(utilityId, tariffId, version), {
    type: 'tariffIndex',
    version: 1,
    tariffId,
    tariffVersion: version,
  });
};
