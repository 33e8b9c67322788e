/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KUnit outside of its kernel: what a kernel without CONFIG_KUNIT has no field for.
 */
#ifndef KUNIT_OUTSIDE_H
#define KUNIT_OUTSIDE_H

#include <linux/module.h>
#include <linux/notifier.h>

struct kunit;
struct kunit_suite;

/**
 * struct kunit_outside - what struct module has with CONFIG_KUNIT
 * @mod: the module
 * @kunit_suites: its suites
 * @num_kunit_suites: how many there are
 * @kunit_init_suites: none: those are for suites in __init sections
 * @num_kunit_init_suites: 0
 */
struct kunit_outside {
	struct module		*mod;
	struct kunit_suite	**kunit_suites;
	int			num_kunit_suites;
	struct kunit_suite	**kunit_init_suites;
	int			num_kunit_init_suites;
};

/* current->kunit_test; KUnit runs one case at a time, on a thread of its own. */
extern struct kunit *kunit_outside_test;

struct kunit_outside *kunit_outside_of(const struct module *mod);
int kunit_outside_register(struct notifier_block *nb);
void kunit_outside_unregister(struct notifier_block *nb);

#endif /* KUNIT_OUTSIDE_H */
