import { BinaryReader } from 'google-protobuf';

/**
 * Import this where messages are read that somebody else wrote. The runtime of Fabric's messages reads a text to the end that
 * the text itself states, and looks nowhere whether the message is that long: one short message can hold a process up
 * for minutes. Bytes it reads with that look, so texts are read as bytes here, once for the whole process.
 * Seen in google-protobuf 3.21.4 and 4.0.3. Spec: Protocol Buffers, "Encoding", length-delimited records.
 */
BinaryReader.prototype.readString = function readString(this: BinaryReader): string {
  const bytes = this.readBytes();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
};
