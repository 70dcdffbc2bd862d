/** A proxy's present treatment of all traffic. */
export interface Weather {
  /** The delay added to each message. */
  delay_ms: number;
  bytes_per_second: number;
}

export const FAIR: Weather = { delay_ms: 0, bytes_per_second: Number.POSITIVE_INFINITY };
