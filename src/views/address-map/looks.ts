/** How the states of an address map look: the colour says where a page is, the half that it may only be read. */

import type { MapState } from '../../protocol/address-map';
import type { Look } from '../kit/cells/draw';
import type { Theme } from '../kit/theme';

const LETTERS: Partial<Record<MapState['entry'], string>> = {
  migration: 'M',
  swap: 'S',
  'zero-page': 'Z',
  'device-exclusive': 'X',
  hwpoison: '!',
};

function colourOf(theme: Theme, { entry, device, differs }: MapState, devices: readonly string[]): string {
  if (differs) return theme.error;
  if (device !== undefined) return theme.series(devices.indexOf(device));
  switch (entry) {
    case 'present':
      return theme.colour('charts.blue', '#1a85ff');
    case 'migration':
      return theme.colour('charts.yellow', '#bf8803');
    case 'hwpoison':
      return theme.error;
    case 'mirror':
      return theme.foreground;
    default:
      return theme.colour('descriptionForeground', '#717171');
  }
}

/** Devices are told apart by the order in which their states occur. */
export function looksOf(states: readonly MapState[], theme: Theme): Look[] {
  const devices = [...new Set(states.flatMap(({ device }) => device ?? []))];
  return states.map((state) => ({
    colour: colourOf(theme, state, devices),
    half: !(state.writable || state.entry === 'migration'),
    letter: state.differs
      ? '≠'
      : state.device === undefined
        ? (LETTERS[state.entry] ?? '')
        : `${devices.indexOf(state.device)}`,
  }));
}
