import { expect, test } from 'vitest';
import { definitionLine } from '../../src/extension/kernel-definition';

const source = [
  'vm_fault_t do_swap_page(struct vm_fault *vmf);',
  '#define do_swap_page_hint(x) (x)',
  '/* do_swap_page(vmf) is called with the lock held. */',
  'vm_fault_t do_swap_page(struct vm_fault *vmf)',
  '{',
  '\treturn do_wp_page(vmf);',
  '}',
  'static inline int',
  'copy_present_page(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,',
  '\t\t  pte_t *dst_pte)',
  '{',
  '}',
].join('\n');

test('finds a definition, not a declaration, a comment or a call', () => {
  expect(definitionLine(source, 'do_swap_page')).toBe(3);
  expect(definitionLine(source, 'copy_present_page')).toBe(8);
  expect(definitionLine(source, 'do_wp_page')).toBeUndefined();
  expect(definitionLine(source, 'swap_page')).toBeUndefined();
});
