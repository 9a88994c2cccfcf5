/**
 * What comes of work on a segment, or "retired" where that failed and its files were taken away
 * meanwhile: by retention, by the cleaner, or with the topic.
 */
export async function unlessRetired<T>(
  segment: { readonly isRetired: boolean },
  work: () => Promise<T>,
): Promise<T | "retired"> {
  try {
    return await work();
  } catch (error) {
    if (segment.isRetired) return "retired";
    throw error;
  }
}
