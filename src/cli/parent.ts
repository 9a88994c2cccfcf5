const EVERY_MS = 250;

/**
 * Calls `gone` once, when this process has another parent than it began with. npm runs `npm start`
 * through a shell, and tells that shell, not us, to end.
 *
 * @param parent the process id of the parent that is
 */
export function whenParentGoes(parent: () => number, gone: () => void, everyMs = EVERY_MS): void {
  const first = parent();
  const watch = setInterval(() => {
    if (parent() === first) return;
    clearInterval(watch);
    gone();
  }, everyMs);
  watch.unref();
}
