import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { privateFolder, readDurable, writeDurably } from '@roamgrid/service-kit/runtime';
import { canonicalJson, deviceNotice, type DeviceNotice } from '@roamgrid/wire';

/** What a notice came to at the control centre. */
export type Taken = 'taken' | 'known' | 'conflict';

/** The control centre's notices, a file each: what `take` returned from is there after a power cut. */
export interface NoticeStore {
  take(notice: DeviceNotice): Taken;
  /** Oldest first. */
  list(): readonly DeviceNotice[];
  /** Of tampering, what is not known to be on the ledger, oldest first. */
  unrecorded(): readonly DeviceNotice[];
  /** The ledger has it. */
  markRecorded(key: string): void;
}

const byTime = (a: DeviceNotice, b: DeviceNotice): number => a.atMs - b.atMs || (a.key < b.key ? -1 : 1);

export const fileNoticeStore = (folder: string): NoticeStore => {
  privateFolder(folder);
  const pathOf = (key: string, ending = 'notice'): string =>
    join(folder, `${createHash('sha256').update(key).digest('hex')}.${ending}`);
  const read = (path: string): DeviceNotice => {
    const text = readDurable(path);
    if (text === undefined)
      throw new Error(
        `NOTICE_DAMAGED: ${path} does not match its checksum: take it from a backup, or remove it`,
      );
    return deviceNotice.parse(JSON.parse(text));
  };
  const held = new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.notice'))
      .map((name) => read(join(folder, name)))
      .map((notice) => [notice.key, canonicalJson(notice)]),
  );
  const unrecorded = new Map<string, DeviceNotice>();
  const note = (notice: DeviceNotice): void => {
    if (notice.kind === 'TAMPER' && !existsSync(pathOf(notice.key, 'recorded')))
      unrecorded.set(notice.key, notice);
  };
  for (const text of held.values()) note(deviceNotice.parse(JSON.parse(text)));
  return {
    take: (notice) => {
      const text = canonicalJson(notice);
      const before = held.get(notice.key);
      if (before !== undefined) return before === text ? 'known' : 'conflict';
      const path = pathOf(notice.key);
      if (existsSync(path)) throw new Error(`NOTICE_TAKEN: ${path} is another notice's`);
      writeDurably(path, text);
      held.set(notice.key, text);
      note(notice);
      return 'taken';
    },
    list: () => [...held.values()].map((text) => deviceNotice.parse(JSON.parse(text))).sort(byTime),
    unrecorded: () => [...unrecorded.values()].sort(byTime),
    markRecorded: (key) => {
      // Lost again by a power cut, it is told once more, which changes nothing.
      writeDurably(pathOf(key, 'recorded'), key);
      unrecorded.delete(key);
    },
  };
};
