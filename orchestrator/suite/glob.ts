/** Globs over case names and titles. No regular expressions: a glob from the user can't make matching slow. */

/**
 * Whether `name` (parts joined by `/`) matches: `*` is any text within a part, `?` one character, a part `**` any
 * number of parts.
 *
 * @example globMatches('gpio-sim/**\/sysfs_unbind', 'gpio-sim/gpio-cdev/t0-idle/sysfs_unbind') // true
 */
export function globMatches(glob: string, name: string): boolean {
  return matchSequence(glob.split('/'), name.split('/'), '**', textMatches);
}

/** Whether a whole title matches; here `*` is any text at all. */
export function titleMatches(glob: string, title: string): boolean {
  return textMatches(glob, title);
}

function textMatches(glob: string, text: string): boolean {
  // `**` inside a part means no more than `*`.
  const pattern = [...glob.replace(/\*+/g, '*')];
  return matchSequence(pattern, [...text], '*', (one, char) => one === '?' || one === char);
}

/** Greedy matching with one place to go back to: at most pattern × items steps. */
function matchSequence(
  pattern: readonly string[],
  items: readonly string[],
  star: string,
  same: (one: string, item: string) => boolean,
): boolean {
  let at = 0;
  let item = 0;
  let afterStar = -1;
  let starItem = 0;
  while (item < items.length) {
    const one = pattern[at];
    if (one === star) {
      afterStar = ++at;
      starItem = item;
    } else if (one !== undefined && same(one, items[item] as string)) {
      at++;
      item++;
    } else if (afterStar >= 0) {
      at = afterStar;
      item = ++starItem;
    } else {
      return false;
    }
  }
  while (pattern[at] === star) at++;
  return at === pattern.length;
}
