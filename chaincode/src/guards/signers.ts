import { answerCall, partCall } from '../testing/disputes.ts';
import { invoiceCall } from '../testing/invoices.ts';
import { KEYS, makeKey } from '../testing/parties.ts';
import type { CloseOptions } from '../testing/closed.ts';
import { cheaper } from './clearing.ts';
import { SESSION, type Removal } from './removal.ts';
import type { GuardTest, Place, World } from './world.ts';

/** What a utility could take by speaking for its meters with a key of its own. */

/** Registers an operator's register beside the outlet's meter; gives how it signs. */
const withOperator = async (
  world: World,
  { site, group }: Place,
): Promise<Required<Pick<CloseOptions, 'meterKey' | 'meterSerial'>>> => {
  const { evseId, meterId, meter } = site;
  const meterSerial = `${meterId}-operator`;
  const meterKey = makeKey(meterSerial);
  const operatorMeter = { meterId: meterSerial, meterKey: { ...meterKey.jwk } };
  const outlet = { evseId, meterId, meterKey: { ...meter.jwk }, operatorMeter, maxPowerW: '150000' };
  await world.register(site, group, { evses: [outlet] });
  return { meterKey, meterSerial };
};

export const signerGuards: readonly GuardTest[] = [
  {
    id: 'signer-kind',
    title: 'a key that was a meter’s is never an operator’s, nor an operator’s a meter’s',
    run: async (world) => {
      const place = await world.place();
      const { meterKey } = await withOperator(world, place);
      const { site, group } = place;
      const { command, ...told } = world.registration(site, group);
      const renamed = (jwk: typeof meterKey.jwk) => ({ ...jwk, kid: `${jwk.kid}-again` });
      const outlet = { evseId: site.evseId, meterId: `${site.meterId}-b`, maxPowerW: '150000' };
      const asMeter = { ...outlet, meterKey: renamed(meterKey.jwk) };
      const asOperator = {
        ...outlet,
        operatorMeter: { meterId: `${site.meterId}-c`, meterKey: renamed(site.meter.jwk) },
      };
      for (const evse of [asMeter, asOperator])
        await world.refuses(
          { ...told, command: { station: { ...command.station, evses: [evse] } } },
          'CONFLICT',
        );
    },
  },
  {
    id: 'operator-consent',
    title: 'a consent that an operator’s own register binds is verified with the station’s key',
    run: async (world) => {
      const place = await world.place();
      const signer = await withOperator(world, place);
      const stationKey = { ...KEYS.stranger, jwk: place.site.station.jwk };
      const closed = await world.ended(place, { stationKey }, signer);
      await world.refuses(place.lane.settle(`b-${place.group}`, [closed]), 'BAD_SIGNATURE');
    },
  },
  {
    id: 'revision-signer',
    title: 'a record that a meter signed is revised by no word of its operator',
    run: async (world) => {
      const place = await world.place();
      const signer = await withOperator(world, place);
      const closed = await world.ended(place, {}, { unbound: true });
      const batch = { batchId: `b-${place.group}`, closed: [closed] };
      await world.settled(place, batch.batchId, batch.closed);
      const { laneId } = place.lane;
      await world.tell(invoiceCall(`i-${laneId}`, [batch], { laneId }));
      await world.tell(partCall(batch, [0]));
      const revised = cheaper(closed, { unbound: true, ...signer });
      await world.refuses(answerCall(closed, 'revised', revised), 'BAD_SIGNATURE');
    },
  },
];

/** How they are taken out. */
export const signerRemovals: readonly Removal[] = [
  {
    guard: 'signer-kind',
    file: 'chaincode/src/consortium/transactions/register-station.ts',
    find: 'bound.signedBy === signedBy,',
    replace: 'true,',
  },
  {
    guard: 'operator-consent',
    file: `${SESSION}/metering.ts`,
    find: `meterKey.signedBy === 'meter' && `,
    replace: '',
  },
  {
    guard: 'revision-signer',
    file: 'chaincode/src/clearing/rerate.ts',
    find: 'meterKey.kid === before.meterKey.kid,',
    replace: 'true,',
  },
];
