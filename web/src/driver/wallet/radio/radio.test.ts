import assert from 'node:assert/strict';
import { afterByTimer, BEARER, Link } from '@roamgrid/offline';
import { gattBearer, type Characteristic } from './bluetooth.ts';
import { outletOf } from './nfc.ts';

/** One characteristic as a browser shows it: a value and an event when it changes. */
class Notified extends EventTarget {
  value?: DataView;
  startNotifications = () => Promise.resolve();
  writeValueWithoutResponse = () => Promise.resolve();
  tell(frame: Uint8Array): void {
    // As browsers do: a view into a longer buffer.
    const buffer = new Uint8Array(64);
    buffer.set(frame, 7);
    this.value = new DataView(buffer.buffer, 7, frame.length);
    this.dispatchEvent(new Event('characteristicvaluechanged'));
  }
}

describe('the radios of a browser', () => {
  it('carry a contact by two characteristics, in frames that every Bluetooth carries, and end it when they break', async () => {
    const sides = [0, 1].map(() => ({ device: new EventTarget(), toPhone: new Notified() }));
    const [one, other] = sides;
    assert.ok(one && other);
    const sizes: number[] = [];
    const to = (there: Notified): Pick<Characteristic, 'writeValueWithoutResponse'> => ({
      writeValueWithoutResponse: (frame) => {
        sizes.push(frame.length);
        setImmediate(() => {
          there.tell(frame);
        });
        return Promise.resolve();
      },
    });
    const link = (own: typeof one, there: typeof one) =>
      new Link(gattBearer(own.device, to(there.toPhone), own.toPhone), afterByTimer, {
        againMs: 50,
        tries: 5,
      });
    const [phone, charger] = [link(one, other), link(other, one)];
    const message = Uint8Array.from({ length: 419 }, (_, place) => place & 0xff);
    await phone.send(message);
    assert.deepEqual(await charger.receive(), message);
    assert.ok(sizes.every((size) => size <= BEARER.gattLeast));
    const waiting = phone.receive();
    one.device.dispatchEvent(new Event('gattserverdisconnected'));
    await assert.rejects(waiting, /the contact ended/);
  });

  it('read of a tag which outlet it is', () => {
    const record = (recordType: string, text: string) => ({
      recordType,
      data: new DataView(new TextEncoder().encode(text).buffer),
    });
    const address = record('url', 'https://charge.example/?evse=US%2ADUK%2AEXEAL1');
    assert.equal(outletOf([record('mime', 'US*DUK*ENO'), address]), 'US*DUK*EXEAL1');
    assert.equal(outletOf([record('text', 'Deck US*DUK*EXEAL1')]), 'US*DUK*EXEAL1');
    assert.equal(outletOf([record('text', 'hello'), record('url', 'https://x.example/%')]), undefined);
  });
});
