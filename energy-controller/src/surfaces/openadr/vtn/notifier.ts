import type { Logger } from '@roamgrid/service-kit';
import type { Outside } from '@roamgrid/service-kit/outside';
import { subscriptionRequest, type Operation } from '../model.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { grantedTo, isVisible, targetsOf } from './visible.ts';

const TIMEOUT_MS = 5_000;
/** Notifications under way at once; more are left out, as clients also look by themselves. */
const MOST_AT_ONCE = 100;

/**
 * Tells subscribers what changed, once each and without waiting: a notification that is lost costs its subscriber the time until it
 * looks again by itself. Spec: OpenADR 3.1.0, User Guide, "Subscriptions".
 */
export class Notifier {
  readonly #store: ObjectStore;
  readonly #outside: Outside;
  readonly #log: Logger;
  readonly #businessLogic: ReadonlySet<string>;
  readonly #underWay = new Set<Promise<void>>();

  /** @param businessLogic clients that are told whatever they asked for. */
  constructor(store: ObjectStore, outside: Outside, log: Logger, businessLogic: ReadonlySet<string>) {
    this.#store = store;
    this.#outside = outside;
    this.#log = log;
    this.#businessLogic = businessLogic;
  }

  async tell(object: StoredObject, operation: Operation): Promise<void> {
    const subscriptions = await this.#store.all('SUBSCRIPTION');
    if (subscriptions.length === 0) return;
    const vens = [...(await this.#store.all('VEN')), ...(await this.#store.all('RESOURCE'))];
    for (const one of subscriptions) {
      const asked = subscriptionRequest.parse(one.body);
      const isOfProgram =
        asked.programID === undefined ||
        asked.programID === null ||
        [object.id, object.body['programID']].includes(asked.programID);
      if (!isOfProgram || !this.#maySee(one, object, vens)) continue;
      for (const { objects, operations, callbackUrl, bearerToken } of asked.objectOperations)
        if (objects.includes(object.kind) && operations.includes(operation))
          this.#send(callbackUrl, bearerToken ?? undefined, {
            ...{ objectType: object.kind, operation, object: object.told },
          });
    }
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    await Promise.all(this.#underWay);
    await this.#outside.close();
  }

  /** What a VEN cannot read it is not told. */
  #maySee(subscription: StoredObject, object: StoredObject, vens: readonly StoredObject[]): boolean {
    const { clientId = '' } = subscription;
    if (this.#businessLogic.has(clientId) || object.clientId === clientId) return true;
    if (object.kind !== 'PROGRAM' && object.kind !== 'EVENT') return false;
    return isVisible(object, targetsOf(subscription.body), grantedTo(clientId, vens));
  }

  #send(url: string, token: string | undefined, notification: object): void {
    if (this.#underWay.size >= MOST_AT_ONCE) return;
    const sent: Promise<void> = this.#outside
      .fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(notification),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      .then(async (answer) => {
        await answer.body?.cancel();
      })
      .catch((thrown: unknown) => {
        this.#log.info({ err: thrown }, 'a subscriber could not be told');
      })
      .finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }
}
