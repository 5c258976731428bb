/** Object stores, and what requests to them did. */

/** How to reach a store; see the options `s3.*`. */
export interface S3Opening {
  region: string;
  endpoint?: string;
  caFile?: string;
  useVirtualAddressing: boolean;
  maxParallelOps: number;
  retries: number;
  connectTimeoutMs: number;
  stallTimeoutMs: number;
  attemptTimeoutMs: number;
  partBytes: number;
  gapBytes: number;
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
}

export interface ListedObject {
  key: string;
  size: number;
  etag: string;
}

export interface ObjectListing {
  objects: ListedObject[];
  /** What keys have in common up to the delimiter. */
  prefixes: string[];
}

/** Counted since the process began. */
export interface S3Stats {
  /** Attempts that were sent, as the server's access log counts them. */
  requests: number;
  /** Of these, how many ran beside another. */
  parallelRequests: number;
  /** Requests that succeeded. */
  reads: number;
  writes: number;
  /** Of bodies that arrived whole. */
  readBytes: number;
  writtenBytes: number;
  retries: number;
  /** Requests that were given up. */
  failures: number;
  /** Ranges that needed no request of their own. */
  coalescedRanges: number;
  /** Of attempts. */
  meanLatencyMs: number;
  /** At most 9 % too much. */
  p99LatencyMs: number;
}
