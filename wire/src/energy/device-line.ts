/**
 * What a site's controller and the device behind one of its sockets say to each other: one JSON object a line, over a socket of
 * the station's own machine. Each order says where everything is to be, so that one told twice changes nothing, and holds for
 * its lease: a device that is told nothing more falls back to what is safe by itself.
 */
import { z } from 'zod';
import { instantMs } from '../codec/scalars.ts';

export const DEVICE_LINE_VERSION = 1;

export const DEVICE_LINE_LIMITS = {
  /** Of one line, with its end. */
  lineBytes: 8_192,
  connections: 2,
  /** The longest that an order holds, ms. */
  longestLeaseMs: 600_000,
} as const;

const v = z.literal(DEVICE_LINE_VERSION);
/** An Ed25519 signature, base64url. Spec: RFC 8032 §5.1.6: 64 bytes. */
const signature = z.string().regex(/^[\w-]{86}$/, 'an Ed25519 signature in base64url');
/** What the other side signs, so that nothing it signed before proves anything: 16 random bytes in hex. */
export const deviceChallenge = z.string().regex(/^[0-9a-f]{32}$/, '16 bytes in lower-case hex');
/** A badge, a blade, a line: no number of a person's. */
export const deviceName = z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/, '1–64 letters, digits, . _ -');
/** What somebody or something shows to prove who it is. */
export const deviceProof = z.strictObject({ id: deviceName, challenge: deviceChallenge, signature });
export type DeviceProof = z.infer<typeof deviceProof>;

export const deviceKinds = ['depository', 'climate', 'lift', 'line', 'gate', 'transfer'] as const;
export const deviceKind = z.enum(deviceKinds);
export type DeviceKind = z.infer<typeof deviceKind>;

const latch = z.enum(['locked', 'released']);
const door = z.enum(['shut', 'open']);
const lamp = z.enum(['green', 'red']);
/** Of a switch: where its contact is. */
const contact = z.enum(['open', 'closed']);
const milliC = z.int().min(-273_150).max(1_000_000);
const serials = z.array(deviceName).max(64);
const names = z.array(deviceName).max(64);

/** Where a device's parts are to be. */
export const deviceOrders = {
  depository: z.strictObject({ latch, led1: lamp, led2: lamp, challenge: deviceChallenge }),
  climate: z.strictObject({
    /** `circulate` moves air and neither warms nor cools it. */
    pump: z.enum(['rest', 'circulate', 'cool', 'heat']),
    /** Whether the blades may run. */
    blades: z.enum(['run', 'off']),
  }),
  lift: z.strictObject({
    motor: z.enum(['stop', 'raise', 'lower']),
    hatch: latch,
    challenge: deviceChallenge,
  }),
  line: z.strictObject({
    /** The next pulse, once it is one more than the last; nothing flows without one. */
    pulse: z.int().min(0).nullable(),
    /** Asks the receiver who it is. */
    challenge: deviceChallenge.nullable(),
    /** The transmitter's own proof, over the receiver's challenge. */
    proof: deviceProof.nullable(),
  }),
  gate: z.strictObject({
    power: z.enum(['off', 'on']),
    data: z.enum(['closed', 'open']),
    /** The block that makes fault-managed power of what comes in. */
    block: z.enum(['off', 'on']),
    /** Blades that have power and data. */
    blades: names,
    /** What the vehicle is asked. */
    challenge: deviceChallenge.nullable(),
    /** What a blade is asked that is put in. */
    bladeChallenge: deviceChallenge,
  }),
  /** Contacts between the house's circuits and the grid, the circuits and the battery, the car and the grid. */
  transfer: z.strictObject({ grid: contact, battery: contact, charger: contact }),
} as const;
export type DeviceOrder<K extends DeviceKind> = z.infer<(typeof deviceOrders)[K]>;

/** What the sensors of a device say. */
export const deviceReadings = {
  depository: z.strictObject({
    door,
    latch,
    spares: z.int().min(0).max(64),
    /** Serial numbers of the faulty blades inside. */
    faulty: serials,
    badge: deviceProof.nullable(),
  }),
  /** Nothing when the sensor gives nothing. */
  climate: z.strictObject({ milliC: milliC.nullable() }),
  lift: z.strictObject({
    top: z.boolean(),
    bottom: z.boolean(),
    /** Below its upper end, by the motor's encoder. */
    depthMm: z.int().min(-1_000).max(10_000),
    isObstructed: z.boolean(),
    hatch: latch,
    badge: deviceProof.nullable(),
  }),
  line: z.strictObject({
    /** The last pulse that was given. */
    pulse: z.int().min(0),
    /** What the test after it said, at low voltage. */
    test: z.enum(['good', 'contact', 'line-fault']),
    /** The receiver's proof of the challenge that it was asked last. */
    receiver: deviceProof.nullable(),
    /** What the receiver asks the transmitter. */
    challenge: deviceChallenge.nullable(),
    /** Whether the receiver takes the transmitter for a true one, and takes its power. */
    isTrusting: z.boolean(),
  }),
  gate: z.strictObject({
    isPlugged: z.boolean(),
    /** What flows to the car. */
    currentMilliA: z.int().min(0),
    vehicle: deviceProof.nullable(),
    blades: z.array(z.strictObject({ id: deviceName, proof: deviceProof.nullable() })).max(64),
  }),
  transfer: z.strictObject({
    /** As auxiliary contacts show them. */
    grid: contact,
    battery: contact,
    charger: contact,
    /** Whether there is voltage before the contact. */
    hasGrid: z.boolean(),
    hasBattery: z.boolean(),
  }),
} as const;
export type DeviceReading<K extends DeviceKind> = z.infer<(typeof deviceReadings)[K]>;

/** What the controller says. Every line gets one in answer, in order. */
export const deviceExchange = z.strictObject({
  v,
  type: z.literal('exchange'),
  /** The controller's time; a simulator may live by it. */
  atMs: instantMs,
  leaseMs: z.int().min(1).max(DEVICE_LINE_LIMITS.longestLeaseMs),
  /** Nothing: only says what the sensors see, and no lease is longer for it. */
  order: z.unknown(),
});
export type DeviceExchange = z.infer<typeof deviceExchange>;

export const deviceRefusalCode = z.enum([
  'LINE_TOO_LONG', // the connection ends
  'NOT_JSON',
  'MESSAGE_INVALID',
  'ORDER_INVALID',
  'TOO_MANY_CONTROLLERS', // the connection ends
  'POWER_OFF', // the device has no power
]);
export type DeviceRefusalCode = z.infer<typeof deviceRefusalCode>;

export const deviceAnswer = z.discriminatedUnion('type', [
  z.strictObject({ v, type: z.literal('reading'), reading: z.unknown() }),
  z.strictObject({ v, type: z.literal('refused'), code: deviceRefusalCode, message: z.string() }),
  /** Not asked for: something changed, and whoever listens had better ask. */
  z.strictObject({ v, type: z.literal('changed') }),
]);
export type DeviceAnswer = z.infer<typeof deviceAnswer>;
