export { Cohort } from './cohort.js';
export { Collection, type CollectionSummary, type Predicate } from './collection.js';
export type { IngestOptions, IngestReport } from './ingest.js';
export type { SubjectRow, VolumeRow } from './manifest.js';
export { LazyQuery, type Mapper, type WriteOptions } from './query.js';
export type { ImageSource } from './sources.js';
export type { StoreFinding } from './validate.js';
export { CohortVolume } from './volume.js';
