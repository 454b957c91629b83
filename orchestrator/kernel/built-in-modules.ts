/** Which modules are part of a kernel, for a modprobe that is asked for one of them. */

/** `__initcall__kmod_gpio_sim__309_1619_gpio_sim_init6`: module, counter, line, function (include/linux/init.h). */
const INITCALL = /\b__initcall__kmod_(\w+?)__\d+_\d+_/g;

/** Names of the modules in a System.map that have an initcall, sorted, with `_` for `-`. */
export function builtInModules(systemMap: string): readonly string[] {
  return [...new Set([...systemMap.matchAll(INITCALL)].map((match) => match[1] as string))].sort();
}
