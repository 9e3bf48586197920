import {
  HOUSE_LIMITS,
  houseBody,
  houseRecord,
  meterKeyId,
  panelKeyRecord,
  privateKey,
  stateKey,
  type gridCommands,
} from '@roamgrid/wire';
import { getDealing, putBodies, requireInForce } from '../../consortium/agreement.ts';
import { mergeKeys } from '../../consortium/key-history.ts';
import { requireActive } from '../../consortium/registry.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';

/**
 * A home utility vouches for the panel of a customer's house under a pseudonym, before the utility whose grid serves it. Told again it
 * changes the panel's keys: those that are left out count no longer. A key is one house's for ever, so that no two pseudonyms share one.
 */
export const registerHouse: Verb<typeof gridCommands.registerHouse> = async (tx, command) => {
  const { agreementId, vun, hun, houseRef, untilMs, panelKeys, bodyHash } = command;
  const dealing = await getDealing(tx, command);
  requireMember(tx.caller, dealing.hun, ['operator', 'aaa']);
  requireActive(tx, dealing.hun);
  const body = tx.transient(houseBody, 'house');
  ensure(
    body.hash === bodyHash && body.value.houseRef === houseRef,
    'HASH_MISMATCH',
    'house is not the body that bodyHash is of',
  );
  const refs = body.value.meters.map(({ meterRef }) => meterRef);
  ensure(new Set(refs).size === refs.length, 'CONFLICT', 'house.meters names a meter twice');
  const key = stateKey.house(houseRef);
  const before = await tx.find(houseRecord, key);
  if (before === undefined) {
    requireInForce(dealing.agreement, tx.nowMs);
    ensure(
      tx.nowMs < untilMs && untilMs <= tx.nowMs + HOUSE_LIMITS.pseudonymMs,
      'INVALID_ARGUMENT',
      `untilMs: a pseudonym serves for at most ${HOUSE_LIMITS.pseudonymMs} ms from now`,
    );
  } else
    ensure(
      before.vun === vun &&
        before.hun === hun &&
        before.agreementId === agreementId &&
        before.untilMs === untilMs,
      'CONFLICT',
      `${houseRef} is another pair’s house, or its pseudonym ends at another time`,
    );
  for (const jwk of panelKeys) {
    const owned = stateKey.panelKey(meterKeyId(jwk));
    const owner = await tx.find(panelKeyRecord, owned);
    ensure(
      owner === undefined || owner.houseRef === houseRef,
      'CONFLICT',
      `${jwk.kid} is the key of another house’s panel: each pseudonym needs a key of its own`,
    );
    if (owner === undefined)
      tx.put(panelKeyRecord, owned, { type: 'panelKey', version: 1, houseRef }, { ofItem: true });
  }
  tx.put(
    houseRecord,
    key,
    {
      type: 'house',
      version: (before?.version ?? 0) + 1,
      ...{ houseRef, agreementId, vun, hun, untilMs, bodyHash },
      fromMs: before?.fromMs ?? tx.nowMs,
      panelKeys: mergeKeys(before?.panelKeys ?? [], panelKeys, tx.nowMs, 'panelKeys'),
    },
    { endorsers: dealing.endorsers },
  );
  putBodies(tx, dealing, [[privateKey.house(houseRef), body.text]]);
};
