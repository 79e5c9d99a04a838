/** The elements of a picture's page. */

/** The element of that id. */
export function element<E extends HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found as E;
}

/** Fills the body of a table with rows of texts. */
export function fillRows(table: HTMLTableSectionElement, rows: readonly (readonly string[])[]): void {
  table.replaceChildren(
    ...rows.map((texts) => {
      const row = document.createElement('tr');
      for (const text of texts) row.insertCell().textContent = text;
      return row;
    }),
  );
}

/** Makes a canvas so large in CSS pixels, sharp on any screen; nothing where the browser has none to draw on. */
export function contextOf(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const to = canvas.getContext('2d');
  if (to === null) return undefined;
  const scale = window.devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  to.scale(scale, scale);
  return to;
}
