/** Pictures as files. */

import { Theme } from './theme';

/** The canvas as PNG on the background that it is seen on, in base64. */
export function pngOf(canvas: HTMLCanvasElement): string {
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  const to = copy.getContext('2d');
  if (to !== null) {
    to.fillStyle = new Theme().background;
    to.fillRect(0, 0, copy.width, copy.height);
    to.drawImage(canvas, 0, 0);
  }
  return copy.toDataURL('image/png').replace(/^[^,]*,/, '');
}
