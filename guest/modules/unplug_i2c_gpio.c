// SPDX-License-Identifier: GPL-2.0
/*
 * The platform device that i2c-gpio wants, with two lines of a GPIO chip that
 * is named by its label. Boards have this in their firmware; a guest that makes
 * its chips at run time has nobody to write it down for it.
 *
 * The chip is looked up by a table and not through its node: no device link is
 * made, so that nothing takes the I2C adapter away when the chip goes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/gpio/machine.h>
#include <linux/module.h>
#include <linux/platform_data/i2c-gpio.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

/* Also the number of the adapter: drivers/i2c/busses/i2c-gpio.c, adap->nr */
#define BUS_NUMBER 40

static char *label = "unplug";
module_param(label, charp, 0444);
MODULE_PARM_DESC(label, "label of the GPIO chip");

static ushort sda;
module_param(sda, ushort, 0444);
MODULE_PARM_DESC(sda, "line of the data");

static ushort scl = 1;
module_param(scl, ushort, 0444);
MODULE_PARM_DESC(scl, "line of the clock");

static struct gpiod_lookup_table *table;
static struct platform_device *pdev;

/*
 * gpio-sim keeps the level that a line was last driven to, when it becomes an
 * input: read back, an open-drain clock would be low for ever.
 */
static const struct i2c_gpio_platform_data pdata = {
	.udelay = 5,
	.scl_is_output_only = 1,
};

static int __init unplug_i2c_gpio_init(void)
{
	const unsigned long flags = GPIO_ACTIVE_HIGH | GPIO_OPEN_DRAIN;

	table = kzalloc(struct_size(table, table, 3), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	table->dev_id = "i2c-gpio." __stringify(BUS_NUMBER);
	table->table[0] = GPIO_LOOKUP_IDX(label, sda, "sda", 0, flags);
	table->table[1] = GPIO_LOOKUP_IDX(label, scl, "scl", 0, flags);
	gpiod_add_lookup_table(table);

	pdev = platform_device_register_data(NULL, "i2c-gpio", BUS_NUMBER,
					     &pdata, sizeof(pdata));
	if (IS_ERR(pdev)) {
		gpiod_remove_lookup_table(table);
		kfree(table);
		return PTR_ERR(pdev);
	}
	return 0;
}
module_init(unplug_i2c_gpio_init);

static void __exit unplug_i2c_gpio_exit(void)
{
	platform_device_unregister(pdev);
	gpiod_remove_lookup_table(table);
	kfree(table);
}
module_exit(unplug_i2c_gpio_exit);

MODULE_DESCRIPTION("I2C on two lines of a GPIO chip of software");
MODULE_LICENSE("GPL");
