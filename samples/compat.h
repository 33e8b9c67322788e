/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What older kernels lack. Kbuild looks whether they do, so that the samples need
 * neither a kernel's version nor anything of Labyrinth but its public header.
 */
#ifndef _SAMPLES_COMPAT_H
#define _SAMPLES_COMPAT_H

#include <linux/hrtimer.h>

#ifndef HAVE_HRTIMER_SETUP
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* _SAMPLES_COMPAT_H */
