/**
 * The tag of a charger, where the browser reads such: it says which outlet this is. A page can read and write tags and nothing else: it cannot hold a
 * contact over NFC, which needs ISO-DEP, so the contact goes by another radio. Spec: W3C Web NFC (community draft) §1.
 */

interface TagRecord {
  readonly recordType: string;
  readonly data?: DataView;
}
interface ReadingEvent extends Event {
  readonly message: { readonly records: readonly TagRecord[] };
}
/** What of the interface is used here; browsers' libraries of types have none of it. */
interface Reader extends EventTarget {
  scan(options: { readonly signal: AbortSignal }): Promise<void>;
}

/** An outlet's id as it is written. Spec: ISO 15118-2 Annex H; eMI³ 1.4. */
const EVSE_ID = /[A-Z]{2}\*?[A-Z0-9]{3}\*?E[A-Z0-9*]{1,30}/;

/** The outlet that a tag names, in a text or in an address; undefined when it names none. */
export const outletOf = (records: readonly TagRecord[]): string | undefined =>
  records
    .filter(({ recordType }) => recordType === 'text' || recordType === 'url')
    .map(({ data }) => EVSE_ID.exec(new TextDecoder().decode(data).replace(/%2a/gi, '*'))?.[0])
    .find((evseId) => evseId !== undefined);

/** Waits until the phone is held to a charger's tag; undefined where the browser reads none. */
export const tagReader = (): (() => Promise<string>) | undefined => {
  const { NDEFReader: Tags } = globalThis as unknown as { readonly NDEFReader?: new () => Reader };
  if (Tags === undefined) return undefined;
  return async () => {
    const reader = new Tags();
    const done = new AbortController();
    const found = new Promise<string>((resolve) => {
      reader.addEventListener('reading', (event) => {
        const evseId = outletOf((event as ReadingEvent).message.records);
        if (evseId === undefined) return;
        done.abort();
        resolve(evseId);
      });
    });
    await reader.scan({ signal: done.signal });
    return found;
  };
};
