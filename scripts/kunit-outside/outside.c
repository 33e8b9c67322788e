// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit outside of its kernel: the suites of a module, and the case that runs.
 *
 * A kernel with CONFIG_KUNIT notes in struct module where a module's section
 * .kunit_test_suites is. One without does not, and once a module is loaded its
 * sections are hard to come by, but its symbols are not: the arrays in that section
 * have names of their own, given by include/kunit/test.h as scripts/kernel-debian
 * has changed it.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "outside.h"

#define KUNIT_OUTSIDE_SUITES	"__UNIQUE_ID_kunit_suites_"

struct kunit *kunit_outside_test;
EXPORT_SYMBOL_GPL(kunit_outside_test);

/* There is one module with tests at a time. */
static struct kunit_outside kunit_outside;
/* What kunit_outside points to until KUnit puts its own copy there. */
static struct kunit_suite **kunit_outside_suites;
static struct notifier_block *kunit_outside_inner;

struct kunit_outside *kunit_outside_of(const struct module *mod)
{
	WARN_ON_ONCE(mod != kunit_outside.mod);
	return &kunit_outside;
}

/* Copy the suites, unless @suites is NULL. Returns their number. */
static int kunit_outside_collect(const struct mod_kallsyms *kallsyms,
				 struct kunit_suite **suites)
{
	unsigned int i;
	int nr = 0;

	for (i = 0; i < kallsyms->num_symtab; i++) {
		const Elf_Sym *sym = &kallsyms->symtab[i];
		int here = sym->st_size / sizeof(*suites);

		if (!strstarts(kallsyms->strtab + sym->st_name, KUNIT_OUTSIDE_SUITES))
			continue;
		if (suites)
			memcpy(suites + nr, (void *)sym->st_value, here * sizeof(*suites));
		nr += here;
	}
	return nr;
}

/* All symbols are there until the module is live, later only some. */
static void kunit_outside_coming(struct module *mod)
{
	const struct mod_kallsyms *kallsyms = rcu_dereference_protected(mod->kallsyms, true);
	struct kunit_suite **suites;
	int nr;

	nr = kunit_outside_collect(kallsyms, NULL);
	if (!nr)
		return;
	if (kunit_outside.mod) {
		pr_err("kunit: %s is not run: %s is still loaded\n", mod->name,
		       kunit_outside.mod->name);
		return;
	}
	suites = kmalloc_array(nr, sizeof(*suites), GFP_KERNEL);
	if (!suites)
		return;
	kunit_outside_collect(kallsyms, suites);
	kunit_outside_suites = suites;
	kunit_outside = (struct kunit_outside) {
		.mod = mod, .kunit_suites = suites, .num_kunit_suites = nr,
	};
}

static int kunit_outside_notify(struct notifier_block *nb, unsigned long val, void *data)
{
	if (val == MODULE_STATE_COMING)
		kunit_outside_coming(data);
	if (data != kunit_outside.mod)
		return NOTIFY_OK;
	kunit_outside_inner->notifier_call(kunit_outside_inner, val, data);
	if (val == MODULE_STATE_GOING) {
		kunit_outside.mod = NULL;
		kfree(kunit_outside_suites);
	}
	return NOTIFY_OK;
}

static struct notifier_block kunit_outside_nb = {
	.notifier_call = kunit_outside_notify,
};

/* @nb, which is KUnit's own, hears only of the modules that have suites. */
int kunit_outside_register(struct notifier_block *nb)
{
	kunit_outside_inner = nb;
	return register_module_notifier(&kunit_outside_nb);
}

void kunit_outside_unregister(struct notifier_block *nb)
{
	unregister_module_notifier(&kunit_outside_nb);
}
