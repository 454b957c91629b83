/** Series of patches: from a file, folder, range or posting to the files that they change. */

export { type AppliedSeries, type ApplyOptions, applySeries } from './apply.ts';
export type { FileChange, FileMode } from './changes.ts';
export { type LoadOptions, loadSeries } from './load.ts';
export type { BaseTree } from './scratch.ts';
export type { Patch, PatchNumber, Series, SkippedMail } from './series.ts';
export { formatSeriesSpec, parseSeriesSpec, SERIES_FORMS, type SeriesSpec, seriesName } from './spec.ts';
