/** "Did you mean": the nearest known names to a mistyped one. */

/** Levenshtein distance, two rows. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** Up to `limit` known names, nearest first; names that share nothing with `name` are left out. */
export function nearestNames(name: string, known: Iterable<string>, limit = 3): string[] {
  const bound = Math.max(3, Math.ceil(name.length / 2));
  return [...known]
    .map((candidate) => ({
      candidate,
      distance: candidate.includes(name) || name.includes(candidate) ? 1 : editDistance(name, candidate),
    }))
    .filter((entry) => entry.distance <= bound)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map((entry) => entry.candidate);
}

/** `did you mean a, b or c?`, or a list of all that is known when nothing is near. */
export function suggestNames(name: string, known: readonly string[]): string {
  const near = nearestNames(name, known);
  if (near.length === 0) return known.length === 0 ? 'there are none' : `known: ${known.join(', ')}`;
  const last = near[near.length - 1];
  return `did you mean ${near.length === 1 ? last : `${near.slice(0, -1).join(', ')} or ${last}`}?`;
}
