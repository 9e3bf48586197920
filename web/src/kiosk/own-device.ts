import encodeQR from 'qr';
import { h } from '../shared/dom.ts';
import type { Of } from './api.ts';
import type { KioskWords } from './words/english.ts';

/** How the driver's own device agrees to the offer, beside the key that is pressed here. */

const SVG = 'http://www.w3.org/2000/svg';
/** Light modules around the code. Spec: ISO/IEC 18004 §9.1. */
const QUIET = 4;

/** A QR code as a drawing: dark modules on white, whatever the page's colours. */
function qrCode(text: string, label: string): Element {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: QUIET });
  const size = rows.length;
  const element = (name: string, attributes: Readonly<Record<string, string>>): Element => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const drawing = element('svg', {
    viewBox: `0 0 ${size} ${size}`,
    class: 'qr',
    role: 'img',
    'aria-label': label,
  });
  const modules = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  drawing.append(
    element('rect', { width: String(size), height: String(size), fill: '#fff' }),
    element('path', { d: modules.join(''), fill: '#000', 'shape-rendering': 'crispEdges' }),
  );
  return drawing;
}

/** Nothing where home knows no device of the driver's. */
export function ownDevice(
  { driverConsent, driverConsentLink, homeUtilityName }: Of<'offer'>['offer'],
  consented: boolean,
  words: KioskWords['device'],
) {
  if (driverConsent === undefined) return undefined;
  if (consented) {
    return h(
      'section',
      { class: 'card', id: 'own-device' },
      h('h2', {}, words.agreed),
      h('p', {}, words.acceptHere),
    );
  }
  const isRequired = driverConsent === 'required';
  return h(
    'section',
    { class: 'card', id: 'own-device' },
    h('h2', {}, isRequired ? words.first : words.can),
    h('p', {}, isRequired ? words.required(homeUtilityName) : words.optional),
    ...(driverConsentLink === undefined
      ? [h('p', { class: 'lead' }, words.app(homeUtilityName))]
      : [
          qrCode(driverConsentLink, words.code),
          h(
            'p',
            {},
            h(
              'a',
              { href: driverConsentLink, target: '_blank', rel: 'noreferrer' },
              words.page(homeUtilityName),
            ),
          ),
        ]),
  );
}
