/** Faults of the data themselves: they cost what is made of them, not the whole course. */
export const DATA_FAULTS: ReadonlySet<string> = new Set(['ERR_CORRUPT_DATA', 'ERR_GEOMETRY', 'ERR_UNSUPPORTED']);
