import type { TLSSocket } from 'node:tls';
import { createService, kitError, withKitProblems, type Logger } from '@roamgrid/service-kit';
import { listenConfig, tlsConfig } from '@roamgrid/service-kit/runtime';
import { recordId } from '@roamgrid/wire';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { SignalBook } from '../../signals/signal-book.ts';
import { controlOf } from './control.ts';
import { lfdiOf, sfdiOf } from './identity.ts';
import { documentOf, link, text, type Element } from './xml.ts';

export const lfdi = z
  .string()
  .regex(/^[0-9A-Fa-f]{40}$/, 'an LFDI: 40 hexadecimal digits')
  .toUpperCase();

/** A door for devices: whose certificates are taken, and of which site each device is told. */
export const sepServerConfig = z.strictObject({
  listen: listenConfig,
  tls: tlsConfig,
  /** PEM: the authority of the devices' certificates. */
  clientCa: z.string(),
  devices: z
    .array(z.strictObject({ lfdi, siteId: recordId }))
    .min(1)
    .max(1_000),
});
export type SepServerConfig = z.output<typeof sepServerConfig>;

export interface SepHouses {
  readonly bookOf: (siteId: string) => Pick<SignalBook, 'all'> | undefined;
  readonly nowMs: () => number;
  readonly log: Logger;
}

export interface SepServer {
  readonly url: string;
  close(): Promise<void>;
}

const MEDIA_TYPE = 'application/sep+xml';
/** `results` is of 8 bits. */
const MOST_LISTED = 255;
const POLL_S = 60;

/** A page of a list, by `s` and `l` of the query. Spec: IEEE 2030.5-2018 §4.6. */
const pageOf = (
  name: string,
  items: readonly Element[],
  { path, query }: Request,
  attributes: Element['attributes'] = {},
): Element => {
  const number = (key: string, otherwise: number): number => {
    const given = query[key];
    return typeof given === 'string' && /^\d{1,5}$/.test(given) ? Number(given) : otherwise;
  };
  const start = number('s', 0);
  const page = items.slice(start, start + Math.min(number('l', MOST_LISTED), MOST_LISTED));
  return {
    ...{ name, content: page },
    attributes: { href: path, ...attributes, all: items.length, results: page.length },
  };
};

/**
 * Serves each device the events of its site as controls of DER, over TLS with certificates on both sides. A device is who its
 * certificate says, and sees itself alone. Spec: IEEE 2030.5-2018.
 */
export const startSepServer = async (config: SepServerConfig, houses: SepHouses): Promise<SepServer> => {
  const { bookOf, nowMs, log } = houses;
  const service = createService({
    ...{ name: 'ieee-2030-5', version: '0.1.0', logger: log, problems: withKitProblems({}) },
    tls: { ...config.tls, clientCa: config.clientCa },
  });
  const siteOf = (request: Request): { readonly lfdi: string; readonly siteId: string } => {
    const certificate = (request.socket as TLSSocket).getPeerX509Certificate();
    const device = certificate && config.devices.find((one) => one.lfdi === lfdiOf(certificate));
    if (device === undefined) throw kitError('FORBIDDEN', 'no device of this certificate is known here');
    return device;
  };
  const serve = (
    path: string,
    make: (request: Request, device: { readonly lfdi: string; readonly siteId: string }) => Element,
  ): void => {
    service.app.get(path, (request: Request, response: Response) => {
      const element = make(request, siteOf(request));
      response.setHeader('content-type', MEDIA_TYPE);
      response.end(documentOf(element));
    });
  };
  const controlsOf = (siteId: string): readonly Element[] =>
    (bookOf(siteId)?.all(nowMs()) ?? []).flatMap((signal) => {
      const control =
        signal.kind === 'dr-event' ? controlOf(siteId, signal, '/derp/1/derc', nowMs()) : undefined;
      return control === undefined ? [] : [control];
    });
  serve('/dcap', () => ({
    ...{ name: 'DeviceCapability', attributes: { href: '/dcap', pollRate: POLL_S } },
    content: [link('TimeLink', '/tm'), link('EndDeviceListLink', '/edev', 1)],
  }));
  serve('/tm', () => {
    const nowS = Math.floor(nowMs() / 1_000);
    const zeros = ['dstEndTime', 'dstOffset', 'dstStartTime'].map((name) => text(name, 0));
    return {
      ...{ name: 'Time', attributes: { href: '/tm' } },
      // Quality 4: from a clock that is set by a source of level 3 or better. Zone and summer time are the device's own matter.
      content: [text('currentTime', nowS), ...zeros, text('quality', 4), text('tzOffset', 0)],
    };
  });
  serve('/edev', (request, device) =>
    pageOf(
      'EndDeviceList',
      [
        {
          ...{ name: 'EndDevice', attributes: { href: '/edev/1' } },
          content: [
            text('lFDI', device.lfdi),
            text('sFDI', sfdiOf(device.lfdi)),
            text('changedTime', 0),
            link('FunctionSetAssignmentsListLink', '/edev/1/fsa', 1),
          ],
        },
      ],
      request,
    ),
  );
  serve('/edev/1/fsa', (request) =>
    pageOf(
      'FunctionSetAssignmentsList',
      [
        {
          ...{ name: 'FunctionSetAssignments', attributes: { href: '/edev/1/fsa/1' } },
          content: [
            link('DERProgramListLink', '/derp', 1),
            link('TimeLink', '/tm'),
            text('mRID', '01'),
            text('description', 'what the house is told'),
          ],
        },
      ],
      request,
    ),
  );
  serve('/derp', (request, { siteId }) =>
    pageOf(
      'DERProgramList',
      [
        {
          ...{ name: 'DERProgram', attributes: { href: '/derp/1' } },
          content: [
            text('mRID', '02'),
            text('description', 'events of the house'),
            link('DERControlListLink', '/derp/1/derc', controlsOf(siteId).length),
            text('primacy', 1),
          ],
        },
      ],
      request,
    ),
  );
  serve('/derp/1/derc', (request, { siteId }) => pageOf('DERControlList', controlsOf(siteId), request));
  const url = await service.listen(config.listen);
  return { url, close: () => service.close() };
};
