import assert from 'node:assert/strict';
import {
  EXPOSURE_BOOKS,
  EXPOSURE_TERM_MS,
  ExposureBook,
  exposureBookName,
  exposurePlace,
} from './exposure-book.ts';

const LANE = 'USDUK-USALP-g0';
const UNTIL_MS = 2_900 * EXPOSURE_TERM_MS;
const spent = (micros: bigint) => ({ micros, sessions: 1, salt: 'a'.repeat(64) });

describe('books of exposures', () => {
  it('are as many for a term as they are, however many profiles end in it', () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `profile-${index}`);
    const places = ids.map((id, index) => exposurePlace(LANE, id, UNTIL_MS + index));
    assert.equal(new Set(places.map(({ book }) => book)).size, EXPOSURE_BOOKS);
    assert.equal(new Set(places.map(({ mark }) => mark)).size, ids.length);
    for (const { book } of places) assert.equal(exposureBookName.parse(book), book);
  });

  it('get no profile more when their term is over', () => {
    const name = (untilMs: number) => exposurePlace(LANE, 'profile-1', untilMs).book;
    assert.equal(name(UNTIL_MS + EXPOSURE_TERM_MS - 1), name(UNTIL_MS));
    assert.notEqual(name(UNTIL_MS + EXPOSURE_TERM_MS), name(UNTIL_MS));
  });

  it('say by one text what was spent under each profile, in whatever order it was written', () => {
    const { mark: one } = exposurePlace(LANE, 'one', UNTIL_MS);
    const { mark: two } = exposurePlace(LANE, 'two', UNTIL_MS);
    const book = new ExposureBook();
    assert.ok(book.says(one, undefined) && book.text === '');
    book.write(one, spent(1n));
    book.write(two, spent(2n));
    book.write(one, spent(3n));
    const other = new ExposureBook();
    other.write(two, spent(2n));
    other.write(one, spent(3n));
    assert.equal(book.text, other.text);
    const read = new ExposureBook(book.text);
    assert.equal(read.text, book.text);
    assert.equal(read.size, 2);
    assert.ok(read.says(one, spent(3n)) && read.says(two, spent(2n)));
    assert.ok(!read.says(one, spent(1n)) && !read.says(one, undefined));
    assert.ok(!read.says(one, { ...spent(3n), salt: 'b'.repeat(64) }));
  });
});
