// SPDX-License-Identifier: GPL-2.0
/*
 * Disciplines that are no way to keep users and removal apart: with them, the
 * guest stands still in the middle of remove(), or of a probe() that fails. They
 * are here to test the test, which must notice that without the guest's help.
 *
 * irqs_off_spin  spins with interrupts off: a CPU that is busy for good.
 * irqs_off_halt  halts with interrupts off: a CPU that sleeps for good.
 *
 * On a guest of one CPU nothing in the kernel can say anything any more: the
 * soft lockup detector is an hrtimer (kernel/watchdog.c:watchdog_timer_fn()),
 * khungtaskd has to be scheduled, stalls of RCU are looked for in the tick
 * (kernel/rcu/tree_stall.h:check_cpu_stall()), and the NMI of the hard lockup
 * detector comes from a performance counter, which TCG does not have. A second
 * CPU would tell of the stall.
 *
 * Users enter without asking: nothing is ever marked or freed.
 */
#include <linux/irqflags.h>
#include <linux/processor.h>

#include "fixture.h"

/*
 * Nothing is called with interrupts off, so neither lockdep nor might_sleep() has
 * anything to complain of.
 */
static void __noreturn spin_shut(struct fixture *fx)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

/*
 * In a loop as in arch/x86/kernel/process.c:stop_this_cpu(): an NMI ends hlt.
 * Not by native_halt(), which first looks at a static key of the mitigations, by
 * a name that changes: this is to build for every kernel.
 */
static void __noreturn halt_shut(struct fixture *fx)
{
	local_irq_disable();
	for (;;)
		asm volatile("hlt" : : : "memory");
}

const struct fixture_discipline fixture_irqs_off_spin = {
	.name = "irqs_off_spin",
	.shut = spin_shut,
};

const struct fixture_discipline fixture_irqs_off_halt = {
	.name = "irqs_off_halt",
	.shut = halt_shut,
};
