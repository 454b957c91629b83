// SPDX-License-Identifier: GPL-2.0
/*
 * The other end of a TPM of software (drivers/char/tpm/tpm_vtpm_proxy.c): it
 * has success for every command, and data for none. The kernel takes that for a
 * TPM 2.0 in need of new firmware, and makes its node all the same. What is
 * printed are facts of a plug script, as uhid prints them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vtpm_proxy.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/event.h"

enum { COMMAND_BYTES = 4096 };

/* TCG, TPM 2.0 Library, part 1, 18: TPM_ST_NO_SESSIONS, size, TPM_RC_SUCCESS */
static const unsigned char success[] = { 0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0 };

static void fail(const char *what)
{
	event_fault(what, errno);
	event_end(EXIT_FAULT);
}

/* Until it is killed, or the kernel wants no more of it. */
static void serve(int fd)
{
	char command[COMMAND_BYTES];
	int null = open("/dev/null", O_RDWR);

	setsid();
	for (int stdio = 0; stdio <= STDERR_FILENO; stdio++)
		dup2(null, stdio);
	while (read(fd, command, sizeof(command)) > 0)
		if (write(fd, success, sizeof(success)) < 0)
			break;
	pause();
	_exit(0);
}

int main(void)
{
	struct vtpm_proxy_new_dev device = { .flags = VTPM_PROXY_FLAG_TPM2 };
	int proxies = open("/dev/vtpmx", O_RDWR | O_CLOEXEC);
	pid_t pid;

	if (proxies < 0)
		fail("open /dev/vtpmx");
	if (ioctl(proxies, VTPM_PROXY_IOC_NEW_DEV, &device))
		fail("ioctl VTPM_PROXY_IOC_NEW_DEV");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid)
		serve(device.fd);
	printf("pid=%d\nfd=%d\nnode=/dev/tpm%u\n", pid, device.fd, device.tpm_num);
	return 0;
}
