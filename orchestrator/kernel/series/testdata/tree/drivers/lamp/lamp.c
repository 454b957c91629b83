// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int lamp_level;

int lamp_get(void)
{
	return lamp_level;
}

int lamp_set(int level)
{
	if (level < 0)
		return -EINVAL;
	lamp_level = level;
	return 0;
}

void lamp_off(void)
{
	lamp_level = 0;
}

MODULE_DESCRIPTION("A lamp");
MODULE_LICENSE("GPL");
