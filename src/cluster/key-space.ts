/**
 * A map whose keys look like paths. It knows what lies in each folder, so that asking for everything
 * below one of 10,000 topics does not look at the other 9,999.
 */
export class KeySpace<Value> {
  readonly #values = new Map<string, Value>();
  /** By folder, which ends in "/": the keys directly in it. */
  readonly #folders = new Map<string, Set<string>>();

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    if (!this.#values.has(key)) this.#enter(key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    const folder = folderOf(key);
    const keys = this.#folders.get(folder);
    keys?.delete(key);
    if (keys?.size === 0) this.#folders.delete(folder);
  }

  values(): IterableIterator<Value> {
    return this.#values.values();
  }

  /** Keys that begin with `prefix`, in no order. */
  keysBelow(prefix: string): string[] {
    const found: string[] = [];
    for (const [folder, keys] of this.#folders) {
      if (folder.startsWith(prefix)) {
        for (const key of keys) found.push(key);
      } else if (prefix.startsWith(folder)) {
        for (const key of keys) if (key.startsWith(prefix)) found.push(key);
      }
    }
    return found;
  }

  #enter(key: string): void {
    const folder = folderOf(key);
    const keys = this.#folders.get(folder);
    if (keys === undefined) this.#folders.set(folder, new Set([key]));
    else keys.add(key);
  }
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/") + 1);
}
