// SPDX-License-Identifier: GPL-2.0
/*
 * An embedded controller of Chrome OS that knows no command, for its drivers
 * to have something to bind to: the device of a transport that no machine of
 * ours has. Memory it has, and all of it reads as zero.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/platform_data/cros_ec_commands.h>
#include <linux/platform_data/cros_ec_proto.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>

enum { MESSAGE_BYTES = 256 };

static struct platform_device *transport, *ec;
static struct cros_ec_device *ec_dev;

static int unplug_ec_xfer(struct cros_ec_device *dev,
			  struct cros_ec_command *message)
{
	message->result = EC_RES_INVALID_COMMAND;
	return 0;
}

static int unplug_ec_readmem(struct cros_ec_device *dev, unsigned int offset,
			     unsigned int bytes, void *dest)
{
	memset(dest, 0, bytes);
	return bytes;
}

static int __init unplug_cros_ec_init(void)
{
	static const struct cros_ec_platform platform = {
		.ec_name = "unplug_ec",
	};
	int ret;

	ec_dev = kzalloc(sizeof(*ec_dev), GFP_KERNEL);
	if (!ec_dev)
		return -ENOMEM;
	transport = platform_device_register_simple("unplug-cros-ec",
						    PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(transport)) {
		ret = PTR_ERR(transport);
		goto free_dev;
	}
	ec_dev->dev = &transport->dev;
	ec_dev->phys_name = dev_name(&transport->dev);
	ec_dev->max_request = MESSAGE_BYTES;
	ec_dev->max_response = MESSAGE_BYTES;
	ec_dev->proto_version = EC_HOST_REQUEST_VERSION;
	ec_dev->cmd_readmem = unplug_ec_readmem;
	ec_dev->cmd_xfer = unplug_ec_xfer;
	ec_dev->pkt_xfer = unplug_ec_xfer;
	mutex_init(&ec_dev->lock);
	BLOCKING_INIT_NOTIFIER_HEAD(&ec_dev->event_notifier);
	BLOCKING_INIT_NOTIFIER_HEAD(&ec_dev->panic_notifier);
	platform_set_drvdata(transport, ec_dev);

	/* The driver finds ec_dev as the data of the parent. */
	ec = platform_device_register_data(&transport->dev, "cros-ec-dev",
					   PLATFORM_DEVID_NONE, &platform,
					   sizeof(platform));
	if (IS_ERR(ec)) {
		ret = PTR_ERR(ec);
		goto unregister;
	}
	return 0;

unregister:
	platform_device_unregister(transport);
free_dev:
	kfree(ec_dev);
	return ret;
}
module_init(unplug_cros_ec_init);

static void __exit unplug_cros_ec_exit(void)
{
	platform_device_unregister(ec);
	platform_device_unregister(transport);
	kfree(ec_dev);
}
module_exit(unplug_cros_ec_exit);

MODULE_DESCRIPTION("A Chrome OS embedded controller that knows no command");
MODULE_LICENSE("GPL");
