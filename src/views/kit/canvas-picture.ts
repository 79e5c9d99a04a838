import type { SavedFile } from '../../protocol/picture';
import { element } from './page';
import { Picture } from './picture';
import { Theme } from './theme';

/** A picture of so many things that it is drawn on a canvas. */
export abstract class CanvasPicture<Args, Answer, Kept> extends Picture<Args, Answer, Kept> {
  protected readonly canvas = element<HTMLCanvasElement>('picture');

  /** The canvas as PNG, on the background that it is seen on. */
  protected image(): SavedFile {
    const copy = document.createElement('canvas');
    copy.width = this.canvas.width;
    copy.height = this.canvas.height;
    const to = copy.getContext('2d');
    if (to !== null) {
      to.fillStyle = new Theme().background;
      to.fillRect(0, 0, copy.width, copy.height);
      to.drawImage(this.canvas, 0, 0);
    }
    return { kind: 'png', base64: copy.toDataURL('image/png').replace(/^[^,]*,/, '') };
  }
}
