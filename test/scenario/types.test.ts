import { describe, expect, it } from 'vitest';
import { checkScenario } from '../../src/language';
import { compileScenario } from '../../src/program';
import { statementDiagnostics, wrap } from './helpers';

describe('members and types are checked in the text alone', () => {
  it.each([
    ['expect buf[0].page.refcoun != 1', '1:20: a page has no `refcoun`; did you mean `refcount`?'],
    ['expect buf[0].pag.refcount == 1', '1:15: a page of a buffer has no `pag`; did you mean `page`?'],
    ['expect gpu0.usd == 0', '1:13: a device has no `usd`; did you mean `used`?'],
    ['expect buf[0..4].page.zon == Device', '1:23: a page has no `zon`; did you mean `zone`?'],
    ['expect callbacks.pagefault == 0', '1:18: callbacks has no `pagefault`; did you mean `page_fault`?'],
    ['expect app.buff.pages == 16', '1:12: a process has no `buff`; did you mean `buf`?'],
    ['expect buf[0].page == Device', '1:8: a page and a zone cannot be compared; did you mean its `zone`?'],
    ['expect pte(1, 2).kind == "present"', '1:8: `pte` takes one address, as in `pte(buf[3])`'],
    ['print "{buf[0].page.refcoun}"', '1:21: a page has no `refcoun`; did you mean `refcount`?'],
    ['write buf = "x"', '1:13: expected a number, found a text'],
    ['exit gpu0', '1:6: expected a number, found a device'],
    ['let v = buf[0].page', '1:9: expected a number, found a page'],
  ])('%s', (statement, message) => {
    expect(statementDiagnostics(statement)).toEqual([message]);
  });

  it('with the same words as the compiler has them', () => {
    const text = wrap('expect buf[0].page.refcoun != 1');
    const messages = compileScenario(text, 'f').diagnostics.map(({ message }) => message);
    expect(checkScenario(text, 'f').map(({ message }) => message)).toEqual(messages);
  });

  it('and what is right is right', () => {
    expect(
      statementDiagnostics(`fork kid
let v = buf[0].pte.swap_type
expect kid.buf[2].page.holders == none or kid.parent.name == "app"
expect sum(buf[0..4].page.refcount) >= zone.Device.free and buf.vma.flags > 0
expect max(1, 2, v) in [1, 2] and address_of == 1
let address_of = buf`),
    ).toEqual(['5:35: there is no `address_of` here; it is defined only later, on line 12']);
  });
});
