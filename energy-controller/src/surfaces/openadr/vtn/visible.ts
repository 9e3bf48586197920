import type { OpenAdrObject } from '../model.ts';
import type { StoredObject } from './object-store.ts';
import type { OpenAdrClient } from './tokens.ts';

export const targetsOf = (body: Readonly<Record<string, unknown>>): readonly string[] =>
  Array.isArray(body['targets'])
    ? body['targets'].filter((each): each is string => typeof each === 'string')
    : [];

/** Targets that business logic granted a VEN, on itself and its resources. */
export const grantedTo = (clientId: string, vens: readonly StoredObject[]): ReadonlySet<string> =>
  new Set(vens.filter((each) => each.clientId === clientId).flatMap(({ body }) => targetsOf(body)));

/** A program or event without targets is for everybody; one with targets for who was granted one of them and asks for it. */
export const isVisible = (
  object: StoredObject,
  asked: readonly string[] | undefined,
  granted: ReadonlySet<string>,
): boolean => {
  const own = targetsOf(object.body);
  return own.length === 0 || own.some((each) => granted.has(each) && asked?.includes(each) === true);
};

/** As a VEN is told it: of its targets those that the VEN asked for. Spec: OpenADR 3.1.0, Definition, "Target hiding". */
export const toldTo = (
  { role }: OpenAdrClient,
  { told, kind }: StoredObject,
  asked: readonly string[],
): OpenAdrObject =>
  role === 'business-logic' || (kind !== 'PROGRAM' && kind !== 'EVENT') || told['targets'] === undefined
    ? told
    : { ...told, targets: targetsOf(told).filter((each) => asked.includes(each)) };
