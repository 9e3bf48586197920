import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Limit, Policy } from '@roamgrid/domain/power';
import { siteChange, type SiteChangeMessage, type siteChanged } from '@roamgrid/wire';
import type { z } from 'zod';
import { controllerError } from '../problems.ts';
import {
  changeById,
  hashOf,
  keepSettings,
  latestSettings,
  type KeptSettings,
} from '../store/settings-store.ts';
import type { Db } from '../store/tables.ts';
import { tighter, treeOf, type SiteSettings } from './settings.ts';
import type { SiteSpec } from './spec.ts';

type Changed = z.output<typeof siteChanged>;

/** How long a confirmation is good, ms. */
const CONFIRM_MS = 300_000;

export interface ChangeDesk {
  readonly db: Db;
  readonly spec: SiteSpec;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly firstPolicyId: string;
  readonly nowMs: () => number;
  readonly resetGuard: (by: string) => Promise<void>;
  readonly isTripped: () => boolean;
}

/** Whether a limit allows more than another anywhere; none allows everything. */
const isLooser = (now: Limit | undefined, before: Limit | undefined): boolean => {
  const above = (a: bigint | undefined, b: bigint | undefined): boolean =>
    b !== undefined && (a === undefined || a > b);
  const anyAbove = (a: readonly bigint[] | undefined, b: readonly bigint[] | undefined): boolean =>
    b !== undefined && (a === undefined || a.some((value, lane) => value > (b[lane] ?? value)));
  return (
    above(now?.totalW, before?.totalW) ||
    anyAbove(now?.phaseW, before?.phaseW) ||
    anyAbove(now?.phaseA, before?.phaseA)
  );
};

/** What operators set, by versions; what makes a site less safe needs a confirmation. */
export class Changes {
  readonly #desk: ChangeDesk;
  readonly #secret = randomBytes(32);
  #kept: KeptSettings;

  constructor(desk: ChangeDesk) {
    this.#desk = desk;
    this.#kept = {
      ...{ version: 0, policyId: desk.firstPolicyId, limits: {}, priorities: {}, signals: {} },
      policyVersion: this.#policy(desk.firstPolicyId).version,
    };
  }

  async load(): Promise<void> {
    const kept = await latestSettings(this.#desk.db, this.#desk.spec.siteId);
    if (kept === undefined) return;
    // The numbers of a policy are those of the configuration now.
    this.#kept = { ...kept, policyVersion: this.#policy(kept.policyId).version };
  }

  get view(): KeptSettings {
    return this.#kept;
  }

  get settings(): SiteSettings {
    const { version, policyId, limits, priorities, signals } = this.#kept;
    return { version, policy: this.#policy(policyId), limits, priorities, signals };
  }

  /** Applies a change once, whoever sends it again; asks for a confirmation first where that is needed. */
  async change(changeId: string, operator: string, change: SiteChangeMessage): Promise<Changed> {
    const { db, spec, nowMs } = this.#desk;
    const { confirmation, ...bare } = change;
    const hash = hashOf(siteChange.encode(bare));
    const before = await changeById(db, spec.siteId, changeId);
    if (before !== undefined) {
      if (before.hash !== hash) throw controllerError('CHANGE_CONFLICT', `${changeId} was another change`);
      return { outcome: 'applied', version: before.version };
    }
    if (bare.fromVersion !== this.#kept.version)
      throw controllerError('VERSION_OLD', `version ${this.#kept.version} holds, not ${bare.fromVersion}`);
    const next = this.#next(bare);
    const because = this.#because(bare, next);
    if (because.length > 0) {
      const about = `${spec.siteId} ${operator} ${hash}`;
      if (confirmation === undefined) return this.#ask(about, because);
      this.#check(about, confirmation);
    }
    const detail = this.#detail(bare, because);
    if (!(await keepSettings(db, spec.siteId, next, { changeId, hash, operator, atMs: nowMs(), detail })))
      throw controllerError('VERSION_OLD', 'somebody else changed them in this moment');
    this.#kept = next;
    if (bare.resetGuard === true) await this.#desk.resetGuard(operator);
    return { outcome: 'applied', version: next.version };
  }

  #policy(policyId: string): Policy {
    const policy = this.#desk.policies.get(policyId);
    if (policy === undefined)
      throw controllerError(
        'CHANGE_INVALID',
        `there is no policy ${policyId}: there are ${[...this.#desk.policies.keys()].join(', ')}`,
      );
    return policy;
  }

  #next({ policyId, limits, priorities, signals }: SiteChangeMessage): KeptSettings {
    const { spec } = this.#desk;
    const strange = Object.keys(limits ?? {}).filter(
      (nodeId) => !spec.nodes.some((node) => node.nodeId === nodeId),
    );
    if (strange.length > 0) throw controllerError('CHANGE_INVALID', `the site has no ${strange.join(', ')}`);
    const next: KeptSettings = {
      ...this.#kept,
      version: this.#kept.version + 1,
      ...(policyId !== undefined && { policyId, policyVersion: this.#policy(policyId).version }),
      limits: merged(this.#kept.limits, limits),
      priorities: merged(this.#kept.priorities, priorities),
      ...(signals !== undefined && { signals }),
    };
    const tree = treeOf(spec, next.limits, undefined);
    if (!tree.ok) throw controllerError('CHANGE_INVALID', tree.error.message);
    return next;
  }

  /** What makes it less safe. */
  #because({ limits = {}, resetGuard }: SiteChangeMessage, next: KeptSettings): readonly string[] {
    const { spec, isTripped } = this.#desk;
    const raised = Object.keys(limits).flatMap((nodeId) => {
      const built = spec.nodes.find((node) => node.nodeId === nodeId);
      const [was, will] = [this.#kept.limits[nodeId], next.limits[nodeId]];
      const isHardLooser = isLooser(tighter(built?.hard, will?.hard), tighter(built?.hard, was?.hard));
      const isExportLooser = isLooser(
        tighter(built?.exportUpTo, will?.exportUpTo),
        tighter(built?.exportUpTo, was?.exportUpTo),
      );
      return isHardLooser || isExportLooser ? [`more may flow through ${nodeId} than now`] : [];
    });
    return resetGuard === true && isTripped()
      ? [...raised, 'the guard has tripped: power is given again']
      : raised;
  }

  #detail(change: SiteChangeMessage, because: readonly string[]): string {
    const parts = [
      change.policyId === undefined ? '' : `policy ${change.policyId}`,
      change.limits === undefined ? '' : `limits of ${Object.keys(change.limits).join(', ')}`,
      change.priorities === undefined ? '' : `priorities of ${Object.keys(change.priorities).join(', ')}`,
      change.signals === undefined ? '' : 'signals',
      change.resetGuard === undefined ? '' : 'guard reset',
      because.length === 0 ? '' : 'confirmed',
    ];
    return parts.filter((part) => part !== '').join('; ') || 'nothing';
  }

  #ask(about: string, because: readonly string[]): Changed {
    const validUntilMs = this.#desk.nowMs() + CONFIRM_MS;
    const confirmation = `${validUntilMs}.${this.#sign(about, validUntilMs)}`;
    return { outcome: 'confirm', confirmation, validUntilMs, because: [...because] };
  }

  #check(about: string, confirmation: string): void {
    const [untilText = '', given = ''] = confirmation.split('.');
    const expected = Buffer.from(this.#sign(about, Number(untilText)));
    const isSame = given.length === expected.length && timingSafeEqual(Buffer.from(given), expected);
    if (!isSame || this.#desk.nowMs() > Number(untilText))
      throw controllerError('CONFIRMATION_WRONG', 'it was not given for this change, or is over');
  }

  #sign(about: string, validUntilMs: number): string {
    return createHmac('sha256', this.#secret).update(`${validUntilMs} ${about}`).digest('base64url');
  }
}

/** What was there, with what is set now; null takes away. */
export const merged = <T>(
  before: Readonly<Record<string, T>>,
  changes: Readonly<Record<string, T | null>> | undefined,
): Record<string, T> =>
  Object.fromEntries(
    Object.entries({ ...before, ...changes }).filter((entry): entry is [string, T] => entry[1] !== null),
  );
