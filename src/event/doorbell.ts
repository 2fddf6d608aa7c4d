/** What is asked of a doorbell object. */
export interface Doorbell {
  /** Events were written: they are published soon. Durable once it resolves; rings close together are answered once. */
  ring(): Promise<void>;
  /**
   * Looks whether an alarm was lost. Asks no database unless something is known to be unpublished.
   * @param isForced look into the database in any case.
   */
  sweep(isForced: boolean): Promise<void>;
}
