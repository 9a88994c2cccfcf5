/** A row of left-aligned columns with a space between two; the last has no width where none is given. */
export function row(cells: readonly unknown[], widths: readonly number[]): string {
  return cells.map((cell, at) => String(cell).padEnd(widths[at] ?? 0)).join(" ");
}

/** What holds the longest of the texts, and is never narrower than `least`. */
export function widthOf(texts: readonly string[], least: number): number {
  return texts.reduce((widest, { length }) => Math.max(widest, length), least);
}
