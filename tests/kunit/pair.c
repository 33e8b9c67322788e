// SPDX-License-Identifier: GPL-2.0
/*
 * Two threads on two CPUs that do things in the same instant.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "common.h"
#include "pair.h"

/**
 * struct labyrinth_test_half - one of the two
 * @pair: both
 * @who: which one
 * @done: it has come to its end
 */
struct labyrinth_test_half {
	struct labyrinth_test_pair	*pair;
	unsigned int			who;
	struct completion		done;
};

bool labyrinth_test_meet(struct labyrinth_test_pair *pair, unsigned int who)
{
	unsigned long deadline = jiffies + LABYRINTH_TEST_PATIENCE_S * HZ;
	int both = 2 * ++pair->meetings[who];

	/* Pairs with the other's acquire: what was done before is seen after. */
	smp_mb__before_atomic();
	atomic_inc(&pair->arrived);
	while (atomic_read_acquire(&pair->arrived) < both && !READ_ONCE(pair->late)) {
		cpu_relax();
		/* What the other one is waiting for may have to run here. */
		cond_resched();
		if (time_after(jiffies, deadline))
			WRITE_ONCE(pair->late, true);
	}
	return !READ_ONCE(pair->late);
}

static int labyrinth_test_half_run(void *data)
{
	struct labyrinth_test_half *half = data;

	half->pair->fn(half->pair, half->who);
	complete(&half->done);
	return 0;
}

void labyrinth_test_pair_run(struct kunit *test, struct labyrinth_test_pair *pair)
{
	unsigned int here = raw_smp_processor_id(), who;
	struct labyrinth_test_half half[2];
	struct task_struct *thread[2];

	if (num_online_cpus() < 2)
		kunit_skip(test, "one CPU");
	for (who = 0; who < 2; who++) {
		half[who].pair = pair;
		half[who].who = who;
		init_completion(&half[who].done);
		thread[who] = kthread_create(labyrinth_test_half_run, &half[who],
					     "kunit-pair/%u", who);
		if (!IS_ERR(thread[who]))
			kthread_bind(thread[who],
				     who ? here : cpumask_any_but(cpu_online_mask, here));
	}
	/* The one over there first: the one here may not let go of this CPU again. */
	for (who = 0; who < 2; who++)
		if (IS_ERR(thread[who]))
			complete(&half[who].done);
		else
			wake_up_process(thread[who]);
	for (who = 0; who < 2; who++)
		wait_for_completion(&half[who].done);
	KUNIT_ASSERT_FALSE_MSG(test, pair->late, "meeting %d of one, %d of the other",
			       pair->meetings[0], pair->meetings[1]);
}
