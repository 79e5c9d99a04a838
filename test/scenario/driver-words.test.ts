import { expect, it } from 'vitest';
import { DRIVERS } from '../../src/engine/drivers';
import { KNOWLEDGE } from '../../src/language/knowledge';
import { wordsOf } from '../../src/program/driver-words';

it('the language knows of every driver what the driver says of itself, without the engine', () => {
  expect(KNOWLEDGE.drivers).toEqual(new Map(DRIVERS.map((driver) => [driver.name, wordsOf(driver)])));
  expect(KNOWLEDGE.defaultDriver).toBe(DRIVERS[0]?.name);
});
