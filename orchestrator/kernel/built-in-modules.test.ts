import t from 'tap';
import { builtInModules } from './built-in-modules.ts';

t.test('modules with an initcall in System.map', async (t) => {
  const map = `ffffffff8294b8b8 d __initcall__kmod_gpiolib__524_5017_gpiolib_dev_init1
ffffffff8294b978 d __initcall__kmod_gpiolib__536_5168_gpiolib_debugfs_init4
ffffffff8294bb08 d __initcall__kmod_gpio_sim__309_1619_gpio_sim_init6
ffffffff8294bb0c d __initcall__kmod_a__b__3_16_x__4_5_init6
ffffffff81000000 T gpio_sim_init
ffffffff8294bb10 d __initcall_start
`;
  t.same(builtInModules(map), ['a__b', 'gpio_sim', 'gpiolib']);
  t.same(builtInModules(''), []);
});
