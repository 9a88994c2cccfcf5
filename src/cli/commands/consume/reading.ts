import type { FetchedRecord } from "../../../client/fetched-records.ts";

/** Where records come from. */
export interface Reading {
  /** The next records, or none after about `waitMs`. */
  poll(waitMs: number): Promise<readonly FetchedRecord[]>;
  /**
   * Ends it.
   *
   * @param unread of the last records those that nobody saw
   */
  close(unread: readonly FetchedRecord[]): Promise<void>;
}
