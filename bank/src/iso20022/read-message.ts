import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { readXml, type XmlError } from '../xml/read-xml.ts';
import { MessageFault, MessageNode } from './message-node.ts';
import { readStatement, type AccountReport } from './read-statement.ts';
import { readStatusReport, type StatusReport } from './read-status-report.ts';

/** What a bank tells: what became of an order, or what moved on an account. */
export type BankMessage = StatusReport | AccountReport;

export type MessageError = XmlError | DomainError<'MESSAGE_UNKNOWN' | 'MESSAGE_VERSION' | 'MESSAGE_INVALID'>;

const NAMESPACE = /^urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.\d{3})\.\d{3}\.(\d{2})$/;

const versions = (first: number, last: number): readonly string[] =>
  Array.from({ length: last - first + 1 }, (_, at) => (first + at).toString().padStart(2, '0'));

/** What is read, and in which of its versions: those whose parts that we read are alike, or differ as the readers know. */
export const READ_MESSAGES = {
  'pain.002': { versions: versions(3, 15), body: 'CstmrPmtStsRpt', read: readStatusReport },
  'camt.053': {
    versions: versions(2, 14),
    body: 'BkToCstmrStmt',
    read: (body: MessageNode, version: string) => readStatement(body, 'statement', version),
  },
  'camt.054': {
    versions: versions(2, 14),
    body: 'BkToCstmrDbtCdtNtfctn',
    read: (body: MessageNode, version: string) => readStatement(body, 'notification', version),
  },
} as const;

const isRead = (kind: string): kind is keyof typeof READ_MESSAGES => Object.hasOwn(READ_MESSAGES, kind);

/**
 * Reads a message of a bank by the namespace of its document. What it holds beyond what is read is named in `unread`;
 * what it must hold and does not, refuses it whole, with the place.
 */
export const readMessage = (bytes: Uint8Array): Result<BankMessage, MessageError> => {
  const document = readXml(bytes);
  if (!document.ok) return document;
  const { name, namespace } = document.value;
  const [, kind = '', version = ''] = NAMESPACE.exec(namespace) ?? [];
  if (name !== 'Document' || !isRead(kind)) {
    const known = Object.keys(READ_MESSAGES).join(', ');
    const message = `${JSON.stringify(name)} of ${JSON.stringify(namespace)} is not read here: ${known} are`;
    return err({ code: 'MESSAGE_UNKNOWN', message });
  }
  const reader = READ_MESSAGES[kind];
  if (!reader.versions.includes(version)) {
    const message = `${kind} is not read in version ${version}: ${reader.versions.join(', ')} are`;
    return err({ code: 'MESSAGE_VERSION', message });
  }
  try {
    const root = new MessageNode(document.value);
    const body = reader.read(root.one(reader.body), version);
    return ok({ ...body, unread: root.unread() });
  } catch (thrown) {
    if (thrown instanceof MessageFault) return err({ code: 'MESSAGE_INVALID', message: thrown.message });
    throw thrown;
  }
};
