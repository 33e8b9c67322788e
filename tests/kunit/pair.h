/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two threads on two CPUs that do things in the same instant.
 */
#ifndef LABYRINTH_TESTS_PAIR_H
#define LABYRINTH_TESTS_PAIR_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/types.h>

/**
 * struct labyrinth_test_pair - the two, and where they meet
 * @fn: what each of them does; @who is 0 or 1
 * @arg: for @fn
 * @arrived: how often somebody came to a meeting
 * @meetings: how many each has been to
 * @late: one did not come; nobody waits any more
 */
struct labyrinth_test_pair {
	void		(*fn)(struct labyrinth_test_pair *pair, unsigned int who);
	void		*arg;
	atomic_t	arrived;
	int		meetings[2];
	bool		late;
};

/* Run both to their end. The case is skipped if there is one CPU only. */
void labyrinth_test_pair_run(struct kunit *test, struct labyrinth_test_pair *pair);

/*
 * Wait, spinning, until both are here: what they do next is in the same instant, as
 * far as that can be had. False: the other one did not come.
 */
bool labyrinth_test_meet(struct labyrinth_test_pair *pair, unsigned int who);

#endif /* LABYRINTH_TESTS_PAIR_H */
