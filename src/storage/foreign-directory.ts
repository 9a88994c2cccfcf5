/** A data directory that belongs to another cluster or node than it is asked to. */
export class ForeignDirectory extends Error {
  override readonly name = "ForeignDirectory";
}
