/** When two reports are one finding. */
import type { Splat } from './splat.ts';

/**
 * Equal for reports of one cause: the kind of report and its lifecycle key, else the title. Whether an access read or
 * wrote, and in which function, is chance where the object and the phases are the same.
 */
export function dedupKey({ title, type, lifecycle }: Pick<Splat, 'title' | 'type' | 'lifecycle'>): string {
  if (lifecycle === undefined) return title;
  const kind = type === 'kasan' ? (/^KASAN: ([\w-]+)/.exec(title)?.[1] ?? type) : type;
  return `${kind}: ${lifecycle.key}`;
}
