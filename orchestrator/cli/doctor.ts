/** `unplug doctor`: which tools are there, in which version, what needs them and how to get them. */
import { $ } from 'zx/core';
import { cachePaths, exists, neededPackages } from '../base/index.ts';
import { chooseAccelerator } from '../machine/index.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills these in
const DPKG_FORMAT = '${Package} ${Version}\n';

/** Prints a line per tool. @returns 0 when nothing is missing, else 75 */
export async function doctor(): Promise<number> {
  const packages = await neededPackages();
  const versions = await installedVersions(packages.map(({ name }) => name));
  const rows: string[][] = [['tool', 'version', 'needed by', 'what for', 'how to get it']];
  let missing = 0;
  rows.push(['node', process.version, 'everything', 'runs unplug', '']);
  for (const { name, proof, neededBy, what } of packages) {
    const there = await exists(proof);
    if (!there) missing++;
    const version = there ? (versions.get(name) ?? `not from a package (${proof})`) : 'missing';
    rows.push([name, version, neededBy.join(', '), what, there ? '' : `apt-get install ${name}`]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const text = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  process.stdout.write(`${text.join('\n')}\n`);
  if (await exists('/usr/bin/qemu-system-x86_64')) {
    const { accelerator, reason } = await chooseAccelerator(cachePaths());
    process.stdout.write(`guests run on ${accelerator}: ${reason}\n`);
  }
  process.stdout.write(`cache: ${cachePaths().root}\n`);
  return missing === 0 ? 0 : 75;
}

async function installedVersions(names: readonly string[]): Promise<Map<string, string>> {
  const query = await $({
    quiet: true,
    nothrow: true,
    detached: true,
  })`dpkg-query -W -f ${DPKG_FORMAT} ${names}`;
  return new Map(query.stdout.split('\n').map((line) => line.split(' ', 2) as [string, string]));
}
