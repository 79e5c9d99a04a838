import { describe, expect, it } from 'vitest';
import { selectedAddress } from '../../src/views/kit/cells/selection';

const range = { from: '0x2000', to: '0x4000' };

describe('what is selected in a map that takes the place of another', () => {
  it('is the fault where that is new', () => {
    expect(selectedAddress('0x9000', { fault: undefined, range: undefined })).toBe(0x9000);
    expect(selectedAddress('0x9000', { fault: '0x5000', range })).toBe(0x9000);
  });

  it('is what was selected where the fault is the same, as after a view got another size', () => {
    expect(selectedAddress('0x9000', { fault: '0x9000', range })).toBe(0x2000);
  });

  it('is the fault within the cell that was zoomed into', () => {
    expect(selectedAddress('0x3000', { fault: '0x3000', range })).toBe(0x3000);
    expect(selectedAddress('0x4000', { fault: '0x4000', range })).toBe(0x2000);
  });

  it('stays where the fault is over, and is nothing where nothing was selected', () => {
    expect(selectedAddress(undefined, { fault: '0x9000', range })).toBe(0x2000);
    expect(selectedAddress(undefined, { fault: '0x9000', range: undefined })).toBeUndefined();
  });
});
